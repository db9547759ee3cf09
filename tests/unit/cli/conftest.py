"""A local HTTP server that answers as a test tells it, and remembers what it was asked."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from rapid.cli import project


@dataclass
class Answer:
    """What the server answers; status 0 closes the connection without a word."""

    status: int
    content: Any = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Request:
    """What the server was asked."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Server:
    """A server on a free port of the loopback interface. `answer` is called for each request."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.connections = 0
        self.answer: Callable[[Request], Answer] = lambda request: Answer(404, {"message": "no such thing"})
        self._httpd = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._httpd.daemon_threads = True
        threading.Thread(target=self._httpd.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._httpd.server_port}"

    @property
    def port(self) -> int:
        return self._httpd.server_port

    def answer_in_turn(self, *answers: Answer) -> None:
        """Give these answers, one a request; a request too many fails."""
        remaining = iter(answers)
        self.answer = lambda _request: next(remaining)

    def close(self) -> None:
        self._httpd.shutdown()
        self._httpd.server_close()

    def _handler(server) -> type[BaseHTTPRequestHandler]:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                server.connections += 1
                super().setup()

            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                request = Request(self.command, self.path, headers, body)
                server.requests.append(request)
                self._send(server.answer(request))

            do_POST = do_PUT = do_GET

            def _send(self, answer: Answer) -> None:
                if not answer.status:
                    self.close_connection = True
                    return
                content = json.dumps(answer.content).encode()
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: Any) -> None:
                pass

        return Handler


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    yield running
    running.close()


class Cloud:
    """As much of a local cloud as the commands see: its control paths and an API that accepts everything."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.outputs: dict[str, Any] = {
            "ingest_url": f"{server.url}/api/dev",
            "api_key": "sesame",
            "paths": {"orders": "/events"},
            "database": "rapid_analytics_dev",
            "workgroup": "analytics",
        }
        self.api: Callable[[Request], Answer] = lambda request: Answer(
            202, {"accepted": len(request.json), "errors": [], "requestId": "1"}
        )
        self.region = "us-east-1"
        self.records = {"delivered_records": 5, "dropped_records": 1, "failed_records": 0, "buffered_records": 7}
        """Of a delivery stream before it is flushed."""
        self.flushed = {"delivered_records": 7}
        """How many more have which fate, then."""
        self.direct: Callable[[Request], Answer] = lambda request: Answer(404)
        server.answer = self._answer

    @property
    def posted(self) -> list[Any]:
        """All events posted, in order, repeats included."""
        return [
            event for request in self.server.requests if request.path == "/api/dev/events" for event in request.json
        ]

    def _answer(self, request: Request) -> Answer:
        match request.path:
            case "/_rapid/health":
                return Answer(200, {"status": "ok", "version": "0.1.0", "region": self.region})
            case "/_rapid/stacks/dev":
                return Answer(200, {"outputs": self.outputs, "secret_outputs": ["api_key"], "resources": []})
            case "/_rapid/tick" if request.json["until"] == "soon":
                return Answer(400, {"message": "'soon' is no time"})
            case "/_rapid/tick":
                run = {"time": "2030-01-01T00:00:00Z", "name": "arn:schedule", "outcome": "arn:queue delivered"}
                return Answer(200, {"until": request.json["until"], "runs": [run]})
            case "/_rapid/flush":
                self.records |= {fate: self.records[fate] + more for fate, more in self.flushed.items()}
                return Answer(200, {"delivered_records": self.flushed.get("delivered_records", 0)})
            case "/_rapid/firehose":
                return Answer(200, {"orders": self.records})
            case "/api/dev/events":
                return self.api(request)
            case "/api/dev/poc":
                return self.direct(request)
        return Answer(404, {"message": f"no {request.path}"})


@pytest.fixture
def cloud(server: Server, monkeypatch: pytest.MonkeyPatch) -> Cloud:
    """A local cloud that the commands find."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
    monkeypatch.delenv("PULUMI_STACK", raising=False)
    return Cloud(server)


@pytest.fixture
def direct_source(cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a second source, the orders' fields by a direct and open path, deployed at `/poc`."""
    sources = tmp_path / "project" / "sources"
    sources.mkdir(parents=True)
    orders = (project.ROOT / "sources" / "orders.yaml").read_text(encoding="utf-8")
    (sources / "orders.yaml").write_text(orders)
    direct = orders.partition("  - property: quota")[0]
    for old, new in (("orders", "clicks"), ("/events", "/poc"), (": lambda", ": direct"), (": api_key", ": none")):
        assert old in direct
        direct = direct.replace(old, new)
    (sources / "clicks.yaml").write_text(direct)
    monkeypatch.setattr(project, "ROOT", sources.parent)
    cloud.outputs["paths"] = {"orders": "/events", "clicks": "/poc"}
    return "clicks"
