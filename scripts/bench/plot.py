# SPDX-License-Identifier: BSD-2-Clause
"""The bench's figures as an SVG picture: what each loader takes until the unpacked kernel runs."""
import html
import math

BAR, GAP, LEFT, WIDTH = 18, 26, 160, 560  # pixels
COLOURS = {"load": "#0072b2", "unpack": "#e69f00"}  # told apart by colour-blind eyes, too


def millions(figures):
    """(load, unpack) in millions of instructions, at least a tenth: a logarithm needs something."""
    return max(figures["load"][0], 0.1), max(figures["unpack"][0], 0.0)


def svg(tables):
    """tables: {title: {loader: figures of row_of()}}. The axis is logarithmic; each bar ends at load + unpack."""
    most = max(sum(millions(figures)) for rows in tables.values() for figures in rows.values())
    scale = WIDTH / (math.log10(most) + 1.1)

    def place(value):
        return LEFT + (math.log10(max(value, 0.1)) + 1) * scale

    lines, y = [], 34
    for title, rows in tables.items():
        lines.append(f'<text x="4" y="{y + 13}" font-weight="bold">{html.escape(title)}</text>')
        y += GAP
        for name, figures in rows.items():
            load, unpack = millions(figures)
            lines.append(f'<text x="{LEFT - 6}" y="{y + 13}" text-anchor="end">{html.escape(name)}</text>')
            for kind, start, end in (("load", 0.1, load), ("unpack", load, load + unpack)):
                lines.append(f'<rect x="{place(start):.1f}" y="{y}" width="{max(place(end) - place(start), 0.5):.1f}" '
                             f'height="{BAR}" fill="{COLOURS[kind]}"><title>{kind}: {figures[kind][0]:.2f} million</title>'
                             "</rect>")
            lines.append(f'<text x="{place(load + unpack) + 5:.1f}" y="{y + 13}">{figures["load"][0]:.1f} + {unpack:.0f}</text>')
            y += BAR + 4
        y += 10
    head = ("millions of instructions from the loader's first to the unpacked kernel's: load (blue) + unpacking "
            "(orange); logarithmic")
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + 120}" height="{y}" '
            'font-family="sans-serif" font-size="12">\n<rect width="100%" height="100%" fill="white"/>\n'
            f'<text x="4" y="16">{head}</text>\n' + "\n".join(lines) + "\n</svg>\n")
