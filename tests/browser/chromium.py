"""A small client of Chromium's DevTools protocol over two pipes: no driver, no socket, no dependency."""

from __future__ import annotations

import base64
import contextlib
import fcntl
import json
import os
import select
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Self

BINARY = shutil.which("chromium")
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
    "--remote-debugging-pipe",
)


class Chromium:
    """One browser with one tab, its network cut; it records every request and every error.

    Attributes
    ----------
    requests : list of str
        Addresses the page asked for, its own file left out.
    errors : list of str
        Console errors, refused resources and uncaught exceptions.
    """

    def __init__(self, *, width: int = 1280, height: int = 720, scale: float = 1) -> None:
        self._profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        (read_here, write_there), (read_there, write_here) = os.pipe(), os.pipe()
        theirs = [fcntl.fcntl(end, fcntl.F_DUPFD, 10) for end in (read_there, write_there)]
        self._process = os.posix_spawn(
            str(BINARY),
            [str(BINARY), *_FLAGS, f"--user-data-dir={self._profile.name}", "about:blank"],
            os.environ,
            file_actions=[  # DevTools reads descriptor 3 and writes descriptor 4
                *((os.POSIX_SPAWN_OPEN, stream, os.devnull, os.O_WRONLY, 0) for stream in (1, 2)),
                *((os.POSIX_SPAWN_DUP2, end, place) for place, end in enumerate(theirs, start=3)),
            ],
        )
        for end in (read_there, write_there, *theirs):
            os.close(end)
        self._in, self._out, self._rest, self._count = write_here, read_here, b"", 0
        self._session: str | None = None
        self.requests: list[str] = []
        self.errors: list[str] = []
        self._open_tab(width, height, scale)

    def _open_tab(self, width: int, height: int, scale: float) -> None:
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")
        self.call(
            "Network.emulateNetworkConditions",
            offline=True,
            latency=0,
            downloadThroughput=0,
            uploadThroughput=0,
        )
        self.resize(width, height, scale)

    def resize(self, width: int, height: int, scale: float = 1) -> None:
        """Give the tab another size in CSS pixels."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=scale,
            mobile=width < 600,
        )

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send one command and wait for its answer."""
        self._count += 1
        message = {"id": self._count, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._in, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._receive()
            if answer.get("id") == self._count:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return answer["result"]

    def _receive(self, timeout: float = 60) -> dict[str, Any]:
        while b"\0" not in self._rest:
            if not select.select([self._out], [], [], timeout)[0]:
                raise TimeoutError("the browser does not answer")
            part = os.read(self._out, 1 << 20)
            if not part:
                raise RuntimeError("the browser has gone")
            self._rest += part
        raw, self._rest = self._rest.split(b"\0", 1)
        message: dict[str, Any] = json.loads(raw)
        self._note(message.get("method", ""), message.get("params", {}))
        return message

    def _note(self, method: str, data: dict[str, Any]) -> None:
        if method == "Network.requestWillBeSent" and not data["request"]["url"].startswith(
            ("file:", "data:", "about:")
        ):
            self.requests.append(data["request"]["url"])
        elif method == "Runtime.exceptionThrown":
            details = data["exceptionDetails"]
            self.errors.append(details.get("exception", {}).get("description", details["text"]))
        elif method == "Runtime.consoleAPICalled" and data["type"] in {"error", "assert"}:
            self.errors.append(str([part.get("value") for part in data["args"]]))
        elif method == "Log.entryAdded" and data["entry"]["level"] == "error":
            self.errors.append(data["entry"]["text"])

    def open(self, path: Path, *, ready: str = "!document.body.classList.contains('waiting')") -> Self:
        """Open a file and wait until `ready` holds."""
        self.call("Page.navigate", url=path.resolve().as_uri())
        deadline = time.monotonic() + 30
        while not self.run(f"document.readyState === 'complete' && Boolean({ready})"):
            if time.monotonic() > deadline:
                raise TimeoutError(f"not ready: {self.errors}")
            time.sleep(0.02)
        return self

    def run(self, script: str) -> Any:
        """Evaluate an expression, wait for its promise and give its value."""
        answer = self.call(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True, userGesture=True
        )
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise RuntimeError(details.get("exception", {}).get("description", details["text"]))
        return answer["result"].get("value")

    def longest_task(self, script: str) -> float:
        """Evaluate an expression; give the processor time of the longest task of the page meanwhile, ms."""
        self.call(
            "Tracing.start",
            transferMode="ReturnAsStream",
            traceConfig={"includedCategories": ["toplevel", "__metadata"]},
        )
        self.run(script)
        self.call("Tracing.end")
        while (message := self._receive()).get("method") != "Tracing.tracingComplete":
            pass
        raw, done = "", False
        while not done:
            part = self.call("IO.read", handle=message["params"]["stream"])
            raw, done = raw + part["data"], part["eof"]
        events = json.loads(raw)["traceEvents"]
        named = [event for event in events if event["name"] == "thread_name"]
        mains = {(event["pid"], event["tid"]) for event in named if event["args"]["name"] == "CrRendererMain"}
        tasks = (event for event in events if event["name"].endswith("RunTask") and "tdur" in event)
        return max(
            (event["tdur"] / 1000 for event in tasks if (event["pid"], event["tid"]) in mains), default=0.0
        )

    def press(self, key: str, *, code: int = 0, text: str = "") -> None:
        """Press and let go one key."""
        for kind in ("keyDown", "keyUp"):
            self.call(
                "Input.dispatchKeyEvent",
                type=kind,
                key=key,
                windowsVirtualKeyCode=code,
                text=text if kind == "keyDown" else "",
            )

    def click(self, x: float, y: float) -> None:
        """Click at a place of the tab."""
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            self.call(
                "Input.dispatchMouseEvent",
                type=kind,
                x=x,
                y=y,
                button="left" if kind != "mouseMoved" else "none",
                clickCount=1,
            )

    def picture(self, path: Path) -> None:
        """Save what the tab shows as PNG."""
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))

    def paper(self, path: Path) -> None:
        """Save what the printer would get as PDF."""
        answer = self.call("Page.printToPDF", preferCSSPageSize=True, printBackground=True)
        path.write_bytes(base64.b64decode(answer["data"]))

    def close(self) -> None:
        """End the browser."""
        self._session = None
        with contextlib.suppress(RuntimeError, OSError):
            self.call("Browser.close")
        os.waitpid(self._process, 0)
        os.close(self._in)
        os.close(self._out)
        self._profile.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def main(page: str, picture: str) -> None:
    """Take a page's picture as it opens, 1280 by 720: ``python tests/browser/chromium.py page.html page.png``."""
    with Chromium() as tab:
        tab.open(Path(page))
        tab.run("new Promise((done) => setTimeout(done, 500))")
        tab.picture(Path(picture))


if __name__ == "__main__":
    main(*sys.argv[1:])
