"""A real browser, and pages on the loopback interface that tell the test what they saw."""

import json
import os
import queue
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

WEB = Path(__file__).parents[2] / "web"
OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_TOLD_SECONDS = 60
_TYPES = {".js": "text/javascript", ".html": "text/html; charset=utf-8"}
_PAGE = """<!doctype html><meta charset="utf-8"><title>Test</title><script type="module">
const tell = (told) => fetch("/told", {method: "POST", body: JSON.stringify(told)});
try { SCRIPT } catch (error) { await tell({error: String(error)}); }
</script>"""


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser's program. Without one the tests are skipped, in CI they fail."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        if os.environ.get("CI"):
            pytest.fail("chromium is not installed (apt-get install chromium)")
        pytest.skip("chromium is not installed (apt-get install chromium): NO browser was tried")
    return found


@pytest.fixture
def run_page(chromium: str, tmp_path: Path) -> Iterator[Callable[[str], Any]]:
    """Runs a module's script in a page of its own, which calls `tell` with what the test gets."""
    told: queue.Queue[Any] = queue.Queue()
    page: list[str] = []

    class Pages(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            file = WEB / self.path.lstrip("/")
            content = page[0].encode() if self.path == "/" else file.read_bytes() if file.is_file() else b""
            self.send_response(200 if content else 404)
            self.send_header("Content-Type", _TYPES.get(file.suffix, _TYPES[".html"]))
            self.end_headers()
            self.wfile.write(content)

        def do_POST(self) -> None:
            told.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def run(script: str) -> Any:
        page[:] = [_PAGE.replace("SCRIPT", script)]
        address = f"http://127.0.0.1:{server.server_port}/"
        profile = tmp_path / "profile"
        command = [chromium, *OPTIONS, f"--user-data-dir={profile}", "--remote-debugging-port=0", address]
        browser = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            return told.get(timeout=_TOLD_SECONDS)
        finally:
            browser.terminate()
            browser.wait()

    yield run
    server.shutdown()
    server.server_close()
