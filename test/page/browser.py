# SPDX-License-Identifier: BSD-2-Clause
"""Headless Chromium by the WebDriver protocol: what a person at the page would do, and what Chromium says about it."""
import base64
import contextlib
import json
import os
import re
import select
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # the key of an element's number in an answer of WebDriver
START_TIMEOUT = 60
CALL_TIMEOUT = 60
# chromium runs as root in a container, and has no more than 64 MiB of /dev/shm there
ARGUMENTS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
             "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
KEYS = {"Enter": "\ue007", "Escape": "\ue00c", "Tab": "\ue004", "Up": "\ue013", "Down": "\ue015", "Home": "\ue011",
        "End": "\ue010", "Shift": "\ue008"}


class BrowserError(Exception):
    """Chromium or its driver is missing, did not start, or refused a command."""


class Element:
    def __init__(self, browser, number):
        self.browser, self.number = browser, number

    def call(self, method, path, body=None):
        return self.browser.call(method, f"element/{self.number}/{path}", body)

    @property
    def text(self):
        return self.call("GET", "text")

    def attribute(self, name):
        return self.call("GET", f"attribute/{name}")

    def style(self, name):
        return self.call("GET", f"css/{name}")

    def is_shown(self):
        return self.call("GET", "displayed")

    def click(self):
        self.call("POST", "click", {})

    def clear(self):
        self.call("POST", "clear", {})

    def type(self, text):
        self.call("POST", "value", {"text": text})

    def hover(self):
        """Moves the mouse onto its middle, scrolling there first as a person would."""
        self.browser.run("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", self)
        self.browser.pointer({"type": "pointerMove", "duration": 0, "x": 0, "y": 0, "origin": {ELEMENT: self.number}})


class Browser:
    """A session: one window. Use started() to have one."""

    def __init__(self, address):
        self.address, self.session = address, ""
        options = {"args": ARGUMENTS, "binary": chromium()}
        answer = self.request("POST", "session", {"capabilities": {"alwaysMatch": {
            "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"}}}})
        self.session = f"session/{answer['sessionId']}"

    def request(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.address}/{path}", data, {"Content-Type": "application/json"},
                                         method=method)
        try:
            with urllib.request.urlopen(request, timeout=CALL_TIMEOUT) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise BrowserError(f"{path}: {json.load(error)['value']['message'].splitlines()[0]}") from None

    def call(self, method, path, body=None):
        return self.request(method, f"{self.session}/{path}".rstrip("/"), body)

    def open(self, path):
        self.call("POST", "url", {"url": "file://" + os.path.realpath(path)})

    def resize(self, width, height):
        self.devtools("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
                      mobile=False)

    def devtools(self, command, **parameters):
        return self.call("POST", "goog/cdp/execute", {"cmd": command, "params": parameters})

    def prefer(self, scheme):
        """dark or light, as the settings of the desktop would say"""
        self.devtools("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def run(self, script, *arguments):
        """Runs JavaScript; elements may go in and come out."""
        arguments = [{ELEMENT: value.number} if isinstance(value, Element) else value for value in arguments]
        return self.call("POST", "execute/sync", {"script": script, "args": arguments})

    def all(self, selector):
        found = self.call("POST", "elements", {"using": "css selector", "value": selector})
        return [Element(self, element[ELEMENT]) for element in found]

    def one(self, selector):
        found = self.call("POST", "element", {"using": "css selector", "value": selector})
        return Element(self, found[ELEMENT])

    def focused(self):
        return Element(self, self.call("GET", "element/active")[ELEMENT])

    def pointer(self, *actions):
        self.call("POST", "actions", {"actions": [{"type": "pointer", "id": "mouse", "actions": list(actions)}]})

    def press(self, *names):
        """Presses keys one after another, whatever has the focus; a name of KEYS, or a character."""
        keys = [KEYS.get(name, name) for name in names]
        actions = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        self.call("POST", "actions", {"actions": [{"type": "key", "id": "keyboard", "actions": actions}]})

    def screenshot(self, path):
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.call("GET", "screenshot")))

    def console(self):
        """What the page said since the last call: errors of scripts, refused resources."""
        return [f"{line['level']}: {line['message']}" for line in self.call("POST", "se/log", {"type": "browser"})]

    def requests(self):
        """The addresses that Chromium asked for since the last call."""
        messages = [json.loads(line["message"])["message"]
                    for line in self.call("POST", "se/log", {"type": "performance"})]
        return [message["params"]["request"]["url"] for message in messages
                if message["method"] == "Network.requestWillBeSent"]


def chromium():
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    raise BrowserError("there is no chromium; scripts/deps test installs it")


@contextlib.contextmanager
def started():
    """A Browser, with a driver of its own on a port that was free; both are gone afterwards."""
    driver = shutil.which("chromedriver")
    if not driver:
        raise BrowserError("there is no chromedriver; scripts/deps test installs it (package chromium-driver)")
    with tempfile.TemporaryDirectory() as home:  # chromium writes below $HOME even without a profile
        process = subprocess.Popen([driver, "--port=0"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, bufsize=0,
                                   stderr=subprocess.STDOUT, start_new_session=True,
                                   env={**os.environ, "HOME": home, "TMPDIR": home})
        try:
            browser = Browser(f"http://127.0.0.1:{port_of(process)}")
            try:
                yield browser
            finally:
                browser.call("DELETE", "")
        finally:
            os.killpg(process.pid, signal.SIGKILL)  # with Chromium, should it not have ended itself
            process.wait(10)
            process.stdout.close()


def port_of(process):
    said, deadline = b"", time.monotonic() + START_TIMEOUT
    while select.select([process.stdout], [], [], max(0, deadline - time.monotonic()))[0]:
        data = os.read(process.stdout.fileno(), 65536)
        if not data:
            break
        said += data
        if port := re.search(rb"started successfully on port (\d+)", said):
            return int(port[1])
    raise BrowserError(f"chromedriver did not start: {said[-300:]!r}")
