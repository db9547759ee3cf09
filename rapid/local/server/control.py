"""The local cloud's own endpoints, under `/_rapid/`."""

import json
import threading
from collections.abc import Callable
from importlib import metadata
from typing import TYPE_CHECKING, Any

from werkzeug import Request, Response

from rapid import api_page

if TYPE_CHECKING:
    from ..events.clock import Clock
    from ..firehose import FirehosePlane
    from ..outbox import Outbox

_DISTRIBUTION = "rapid-analytics"


class ControlPlane:
    """Health, buffers, the clock, the outbox, and the record of what was deployed."""

    def __init__(
        self,
        streams: "FirehosePlane",
        clock: "Clock",
        region: str,
        stored: Callable[[str, str], bytes | None],
        outbox: "Outbox",
    ) -> None:
        """`stored` gives the content of an object by bucket and key; None where there is none."""
        self._outbox = outbox
        self._stored = stored
        self._streams = streams
        self._clock = clock
        self._region = region
        self._stacks: dict[str, dict[str, Any]] = {}
        self._lock = threading.Lock()

    def handle(self, request: Request) -> Response:
        """Answer a request."""
        name, _, rest = request.path.removeprefix("/_rapid/").partition("/")
        match request.method, name, rest:
            case "GET", "health", "":
                return _answer({"status": "ok", "version": _version(), "region": self._region})
            case "POST", "flush", "":
                return _answer({"delivered_records": self._streams.flush()})
            case "GET", "firehose", "":
                return _answer(self._streams.counts())
            case "GET", "docs", stack if stack:
                return self._docs(stack)
            case "GET", "outbox", "":
                return _answer({"mails": [mail.shown() for mail in self._outbox.all()]})
            case "GET", "outbox", number if number.isdecimal():
                return self._mail(int(number))
            case "POST", "tick", "":
                return self._tick(request)
            case "GET", "stacks", stack if stack:
                return self._stack(stack)
            case "PUT", "stacks", stack if stack:
                return self._keep_stack(stack, request)
            case "PATCH", "stacks", stack if stack in self._stacks:
                return self._amend_stack(stack, request)
            case "DELETE", "stacks", stack if stack:
                with self._lock:
                    self._stacks.pop(stack, None)
                return _answer({})
        return _answer({"message": f"There is no {request.method} {request.path}"}, 404)

    def _tick(self, request: Request) -> Response:
        body = request.get_json(force=True, silent=True)
        if not isinstance(body, dict) or not isinstance(body.get("until"), str):
            return _answer({"message": 'POST /_rapid/tick takes {"until": TIME}'}, 400)
        try:
            until, runs = self._clock.tick(body["until"])
        except ValueError as error:
            return _answer({"message": str(error)}, 400)
        return _answer({"until": until, "runs": [run.shown() for run in runs]})

    def _mail(self, number: int) -> Response:
        """A mail as it would be sent."""
        mail = self._outbox.find(number)
        if mail is None:
            return _answer({"message": f"There is no mail {number} in the outbox"}, 404)
        return Response(mail.content, content_type="message/rfc822")

    def _docs(self, stack: str) -> Response:
        """The page about a stack's API."""
        outputs = self._stacks.get(stack, {}).get("outputs", {})
        bucket, _, key = str(outputs.get("openapi", "")).removeprefix("s3://").partition("/")
        document = self._stored(bucket, key)
        if document is None:
            return _answer({"message": f"No stack {stack!r} with an API is deployed"}, 404)
        return Response(api_page.render(json.loads(document)), content_type="text/html; charset=utf-8")

    def _stack(self, stack: str) -> Response:
        record = self._stacks.get(stack)
        return _answer(record) if record is not None else _answer({"message": f"No stack {stack!r} is deployed"}, 404)

    def _keep_stack(self, stack: str, request: Request) -> Response:
        try:
            record = json.loads(request.get_data())
        except ValueError as error:
            return _answer({"message": f"The deployment record of stack {stack!r} is not JSON: {error}"}, 400)
        if not isinstance(record, dict):
            return _answer({"message": f"The deployment record of stack {stack!r} is not a JSON object"}, 400)
        with self._lock:
            self._stacks[stack] = record
        return _answer(record)

    def _amend_stack(self, stack: str, request: Request) -> Response:
        """Take what a deployer did while it works: resources by URN, those that departed, and the rest by name."""
        changes = json.loads(request.get_data())
        kept = {resource["urn"]: resource for resource in changes.pop("resources", [])}
        departed = changes.pop("departed", [])
        with self._lock:
            record = self._stacks[stack]
            resources = {resource["urn"]: resource for resource in record["resources"]} | kept
            left = [resource for urn, resource in resources.items() if urn not in departed]
            self._stacks[stack] = {**record, **changes, "resources": left}
        return _answer({})


def _version() -> str:
    try:
        return metadata.version(_DISTRIBUTION)
    except metadata.PackageNotFoundError:
        return "not installed"


def _answer(content: dict[str, Any], status: int = 200) -> Response:
    return Response(json.dumps(content), status, content_type="application/json")
