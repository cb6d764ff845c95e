"""A real Chromium, driven over its debugging pipe with nothing but the standard library.

One browser, with a profile of its own; every page is a fresh tab. What a page asks of the network and what it complains
about is kept.
"""

from __future__ import annotations

import base64
import fcntl
import itertools
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --disable-extensions --hide-scrollbars --remote-debugging-pipe"
).split()
PATIENCE = 60.0
NAMES = ("chromium", "chromium-browser", "google-chrome")


class Chromium:
    """`command` sends one command of the browser's protocol and waits for its answer."""

    def __init__(self, commands: int, answers: int) -> None:
        self._commands = commands
        self._answers = answers
        self._numbers = itertools.count(1)
        self._read = b""
        self.events: list[dict[str, Any]] = []

    def command(self, method: str, session: str | None = None, **parameters: Any) -> dict[str, Any]:
        number = next(self._numbers)
        message: dict[str, Any] = {"id": number, "method": method, "params": parameters}
        if session is not None:
            message["sessionId"] = session
        told = json.dumps(message).encode() + b"\0"
        while told:
            told = told[os.write(self._commands, told) :]
        while True:
            answer = self.listen()
            if answer.get("id") == number:
                if "error" in answer:
                    raise AssertionError(f"{method}: {answer['error']['message']}")
                return dict(answer["result"])

    def listen(self) -> dict[str, Any]:
        """The next message; what nobody asked for is kept in `events`."""
        parts = [self._read]
        while b"\0" not in parts[-1]:
            parts.append(os.read(self._answers, 1 << 20))
            if not parts[-1]:
                raise AssertionError("Chromium has ended")
        told, _, self._read = b"".join(parts).partition(b"\0")
        message: dict[str, Any] = json.loads(told)
        if "method" in message:
            self.events.append(message)
        return message

    def open(
        self, file: Path, *, width: int = 1280, height: int = 900, script: bool = True, dark: bool = False
    ) -> Page:
        """The page, once it has loaded. `script` False: as with JavaScript switched off."""
        target = self.command("Target.createTarget", url="about:blank")["targetId"]
        session = self.command("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = Page(self, target, session)
        for domain in ("Page", "Runtime", "Network", "Log", "Accessibility"):
            page.command(f"{domain}.enable")
        page.command("Emulation.setScriptExecutionDisabled", value=not script)
        page.size(width, height)
        page.prefer(dark=dark)
        page.command("Page.navigate", url=file.as_uri())
        page.wait_for("Page.loadEventFired")
        return page


class Page:
    def __init__(self, browser: Chromium, target: str, session: str) -> None:
        self._browser = browser
        self._target = target
        self._session = session

    def command(self, method: str, **parameters: Any) -> dict[str, Any]:
        return self._browser.command(method, self._session, **parameters)

    def wait_for(self, method: str) -> None:
        end = time.monotonic() + PATIENCE
        while not self.events(method):
            assert time.monotonic() < end, f"no {method}"
            self._browser.listen()

    def events(self, method: str) -> list[dict[str, Any]]:
        heard = self._browser.events
        return [event["params"] for event in heard if event["method"] == method and event["sessionId"] == self._session]

    def size(self, width: int, height: int) -> None:
        self.command(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False
        )

    def prefer(self, *, dark: bool = False, media: str = "") -> None:
        """The colours the system asks for; `media` "print" shows the page as it is printed."""
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        still = {"name": "prefers-reduced-motion", "value": "reduce"}
        self.command("Emulation.setEmulatedMedia", media=media, features=[scheme, still])

    def ask(self, expression: str) -> Any:
        """The value of an expression of JavaScript; a promise is waited for."""
        answer = self.command("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def wait_until(self, expression: str) -> None:
        end = time.monotonic() + PATIENCE
        while not self.ask(expression):
            assert time.monotonic() < end, f"never true: {expression}"
            time.sleep(0.02)

    def press(self, key: str, *, shift: bool = False, text: str = "") -> None:
        """A key, down and up, as a keyboard sends it."""
        codes = {"Tab": 9, "Enter": 13, " ": 32, "ArrowRight": 39, "ArrowDown": 40, "Escape": 27}
        same = {"key": key, "code": "Space" if key == " " else key, "windowsVirtualKeyCode": codes[key]}
        same |= {"modifiers": 8 if shift else 0}
        text = text or {"Enter": "\r", " ": " "}.get(key, "")
        self.command("Input.dispatchKeyEvent", type="keyDown", text=text, **same)
        self.command("Input.dispatchKeyEvent", type="keyUp", **same)

    def type(self, text: str) -> None:
        self.command("Input.insertText", text=text)

    def picture(self, file: Path, *, whole: bool = False) -> None:
        size = self.command("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": min(size["height"], 12_000), "scale": 1}
        more = {"captureBeyondViewport": True, "clip": clip} if whole else {}
        shot = self.command("Page.captureScreenshot", format="png", **more)
        file.write_bytes(base64.b64decode(shot["data"]))

    def pdf(self) -> bytes:
        return base64.b64decode(self.command("Page.printToPDF", printBackground=True)["data"])

    def close(self) -> None:
        self._browser.command("Target.closeTarget", targetId=self._target)


@contextmanager
def running_chromium() -> Iterator[Chromium]:
    """Raises AssertionError where no Chromium is installed: not checked is not passed."""
    program = next((found for name in NAMES if (found := shutil.which(name))), None)
    assert program, f"none of {', '.join(NAMES)} is installed (Debian: apt-get install chromium)"
    to_browser, commands = _pipe()
    answers, from_browser = _pipe()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        flags = [*FLAGS, f"--user-data-dir={profile}"]
        # The browser reads commands from file descriptor 3 and answers on 4.
        process = subprocess.Popen(
            ["bash", "-c", f'exec "$@" 3<&{to_browser} 4>&{from_browser}', "bash", program, *flags],
            pass_fds=(to_browser, from_browser),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_browser)
        os.close(from_browser)
        browser = Chromium(commands, answers)
        try:
            yield browser
            browser.command("Browser.close")
        finally:
            os.close(commands)
            process.wait(timeout=PATIENCE)
            os.close(answers)


def _pipe() -> tuple[int, int]:
    """Both ends above the numbers that the browser takes for itself."""
    low = os.pipe()
    high = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in low]
    for end in low:
        os.close(end)
    return high[0], high[1]
