/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The page is complete without this. It adds: an item under the mouse or the focus lights up together with what it
 * became and what it came from, in tables and picture; the arrow keys walk; a search field leaves what fits.
 */
"use strict";

(() => {
	const rows = [...document.querySelectorAll("tr[data-first]")];
	const drawn = [...document.querySelectorAll(".item[data-key]")];
	const search = document.getElementById("search");
	const found = document.getElementById("found");
	const about = document.getElementById("about");
	const hint = about.textContent;

	/* key -> the elements that show the item */
	const shown = new Map();
	for (const element of [...rows, ...drawn])
		if (element.dataset.key)
			shown.set(element.dataset.key, [...(shown.get(element.dataset.key) || []), element]);
	const rowOf = (key) => (shown.get(key) || []).find((element) => element.tagName === "TR");

	/* key -> keys of what it became and came from: "5" or "5-7 9" in data-to are e820 entries */
	const partners = new Map();
	const link = (from, to) => partners.set(from, [...(partners.get(from) || []), to]);
	for (const row of rows) {
		if (!row.dataset.key || !row.dataset.to)
			continue;
		for (const run of row.dataset.to.split(" ")) {
			const [first, last] = run.split("-").map(Number);
			for (let entry = first; entry <= (last ?? first); entry++) {
				link(row.dataset.key, `e820-${entry}`);
				link(`e820-${entry}`, row.dataset.key);
			}
		}
	}

	let lit = [];
	const light = (key) => {
		for (const element of lit)
			element.classList.remove("lit");
		lit = key ? [key, ...(partners.get(key) || [])].flatMap((one) => shown.get(one) || []) : [];
		for (const element of lit)
			element.classList.add("lit");
		const row = key && rowOf(key);
		about.textContent = row ? [row.closest("section").dataset.unit, ...[...row.cells].map((cell) =>
			cell.textContent.trim()).filter((text) => text)].join(" \u00b7 ") : hint;
	};
	const keyOf = (element) => element?.closest?.("[data-key]")?.dataset.key;
	const lightFocus = () => light(keyOf(document.activeElement));

	/* Scrolls only the panel of the picture, not the page. */
	const showDrawn = (key) => {
		const panel = document.querySelector(".picture");
		const drawing = (shown.get(key) || []).find((element) => element.tagName !== "TR");
		if (!panel || !drawing)
			return;
		const box = drawing.getBoundingClientRect(), frame = panel.getBoundingClientRect();
		if (box.top < frame.top || box.top > frame.bottom - 20)
			panel.scrollTop += box.top - frame.top - frame.height / 3;
	};

	/* Of each list only one element is reached with Tab, the last that had the focus. */
	const lists = [...document.querySelectorAll("tbody, .map-picture")].map((list) =>
		[...list.querySelectorAll("tr[data-first], .item[data-key]")]).filter((list) => list.length);
	const listOf = (element) => lists.find((list) => list.includes(element));
	for (const list of lists)
		list.forEach((element, index) => element.setAttribute("tabindex", index ? "-1" : "0"));
	const focus = (element) => {
		for (const other of listOf(element) || [])
			other.setAttribute("tabindex", other === element ? "0" : "-1");
		element.focus();
	};

	const steps = { ArrowDown: 1, ArrowUp: -1, Home: -Infinity, End: Infinity };
	document.addEventListener("keydown", (event) => {
		const element = event.target.closest?.("tr[data-first], .item[data-key]");
		if (event.key === "Escape" && search.value) {
			search.value = "";
			filter();
		} else if (event.key === "/" && event.target !== search) {
			event.preventDefault();
			search.focus();
			search.select();
		} else if (element && event.key in steps) {
			const list = listOf(element).filter((one) => !one.hidden);
			const at = list.indexOf(element) + steps[event.key];
			event.preventDefault();
			focus(list[Math.min(Math.max(at, 0), list.length - 1)]);
		} else if (element && event.key === "Enter" && event.target === element) {
			const key = keyOf(element);
			const next = element.tagName === "TR" ? rowOf((partners.get(key) || [])[0]) : rowOf(key);
			if (next && !next.hidden)
				focus(next);
		}
	});
	document.addEventListener("click", (event) => {
		const element = event.target.closest?.("tr[data-first], .item[data-key]");
		if (!element || event.target.closest("a"))
			return;
		const row = element.tagName === "TR" ? element : rowOf(keyOf(element));
		if (row && !row.hidden)
			focus(row);
	});
	/* Links within the page give the focus to the row that they lead to. */
	window.addEventListener("hashchange", () => {
		const row = rows.find((one) => one.id && `#${one.id}` === location.hash);
		if (row && !row.hidden)
			focus(row);
	});
	document.addEventListener("focusin", (event) => {
		lightFocus();
		if (event.target.closest("tr[data-first]"))
			showDrawn(keyOf(event.target));
	});
	document.addEventListener("focusout", () => setTimeout(lightFocus));
	document.addEventListener("mouseover", (event) => {
		const key = keyOf(event.target);
		if (key)
			light(key);
		else
			lightFocus();
	});

	/* An address as maps print it, with or without 0x, or a decimal number with a unit; null when it is none. */
	const units = { k: 10n, m: 20n, g: 30n, t: 40n };
	const parseAddress = (text) => {
		const sized = /^(\d+)\s*([kmgt])i?b?$/i.exec(text);
		if (sized)
			return BigInt(sized[1]) << units[sized[2].toLowerCase()];
		const plain = /^(0x)?([0-9a-f]+)$/i.exec(text);
		return plain && (plain[1] || /\d/.test(text)) ? BigInt(`0x${plain[2]}`) : null;
	};
	const holds = (row, address) =>
		BigInt(`0x${row.dataset.first}`) <= address && address <= BigInt(`0x${row.dataset.last}`);

	const filter = () => {
		const text = search.value.trim().toLowerCase();
		const address = parseAddress(text);
		const fits = (row) => text === "" || (address === null ? row.textContent.toLowerCase().includes(text)
			: holds(row, address));
		const hits = new Set();
		for (const row of rows) {
			row.hidden = !fits(row);
			if (!row.hidden && row.dataset.key)
				hits.add(row.dataset.key);
		}
		for (const drawing of drawn)
			drawing.classList.toggle("out", text !== "" && !hits.has(drawing.dataset.key));
		for (const list of lists) {
			const first = list.find((element) => !element.hidden);
			list.forEach((element) => element.setAttribute("tabindex", element === first ? "0" : "-1"));
		}
		const left = rows.filter((row) => !row.hidden);
		const names = left.map((row) => `${row.closest("section").dataset.unit} ${row.dataset.name}`);
		if (text === "")
			found.textContent = "";
		else if (address === null)
			found.textContent =
				`${left.length} of ${rows.length} rows have \u201c${search.value.trim()}\u201d`;
		else
			found.textContent = `0x${address.toString(16)}: ${names.join(", ") || "nothing has it"}`;
		if (hits.size)
			showDrawn([...hits][0]);
	};
	search.addEventListener("input", filter);
	filter();
})();
