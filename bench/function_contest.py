"""Times the deployed functions, the floor and the peers in one process of the peers' virtual environment.

    python function_contest.py PACKAGES < WORKLOAD > FIGURES

PACKAGES holds one directory a function, laid out as its zip. Contestants take turns within each round. Every answer is
compared before anything is timed.
"""

import base64
import contextlib
import importlib
import io
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import function_peers

OURS, FLOOR = "ours", "floor"
STREAM = "stream"
_CONTEXT = {"requestId": "r1", "extendedRequestId": "JKJaXmPLvHcESHA=", "requestTimeEpoch": 1773513060123}

Handler = Callable[[dict[str, Any]], Any]


class Contest(NamedTuple):
    """The same requests for several handlers."""

    requests: list[dict[str, Any]]
    events: int
    contestants: dict[str, Handler]


class Firehose:
    """Takes every record at once: the network is not what is measured."""

    def __init__(self) -> None:
        self.records: list[bytes] = []

    def put_record_batch(self, DeliveryStreamName: str, Records: list[dict[str, bytes]]) -> dict[str, Any]:
        """Keep the records."""
        self.records += [record["Data"] for record in Records]
        return {"FailedPutCount": 0, "RequestResponses": [{"RecordId": "1"} for _ in Records]}


def main() -> int:
    """Compare, measure, and print microseconds an event of each round as JSON."""
    packages, workload = Path(sys.argv[1]), json.load(sys.stdin)
    with contextlib.redirect_stdout(io.StringIO()):
        contests = [_transforms(packages, contest) for contest in workload["transform"]]
        contests += [_ingests(packages, contest) for contest in workload["ingest"]]
        figures = _measured(contests, workload["rounds"])
    json.dump(figures, sys.stdout)
    return 0


def _measured(contests: list[Contest], rounds: int) -> list[dict[str, list[float]]]:
    figures: list[dict[str, list[float]]] = [{name: [] for name in contest.contestants} for contest in contests]
    for number in range(rounds):
        for contest, found in zip(contests, figures, strict=True):
            names = list(contest.contestants)
            for name in names[number % len(names) :] + names[: number % len(names)]:
                handle = contest.contestants[name]
                began = time.process_time()
                for request in contest.requests:
                    handle(request)
                found[name].append((time.process_time() - began) / contest.events * 1e6)
    return figures


def _transforms(packages: Path, contest: dict[str, Any]) -> Contest:
    handler = _package(packages / "transform", SOURCE=contest["source"], QUARANTINE_BUCKET="none", STACK="bench")
    contestants: dict[str, Handler] = {FLOOR: _floor, OURS: lambda event: handler.handler(event, None)}
    if contest["source"] == "orders":
        contestants |= {name: peer.transform for name, peer in function_peers.PEERS.items()}
    records = [{"recordId": str(number), "data": data} for number, data in enumerate(contest["records"])]
    event = {"records": records}
    rows = {name: _rows(handle(event)) for name, handle in contestants.items() if name != FLOOR}
    _must_agree(contest["name"], rows, contest["events"])
    return Contest([event], contest["events"], contestants)


def _ingests(packages: Path, contest: dict[str, Any]) -> Contest:
    firehose = Firehose()
    handler = _package(
        packages / "ingest",
        ROUTES='{"/events": "orders"}',
        STREAMS=json.dumps({"orders": STREAM}),
        DEAD_LETTER_QUEUE_URL="none",
        STACK="bench",
    )
    handler._delivery._firehose = firehose
    contestants: dict[str, Handler] = {OURS: lambda request: handler.handler(request, None)}
    contestants |= {name: _peer_ingest(peer, firehose) for name, peer in function_peers.PEERS.items()}
    requests = [
        {
            "resource": "/events",
            "headers": {"content-type": "application/json"},
            "body": text,
            "isBase64Encoded": False,
            "requestContext": _CONTEXT,
        }
        for text in contest["bodies"]
    ]
    lines = {}
    for name, handle in contestants.items():
        firehose.records.clear()
        for request in requests:
            handle(request)
        lines[name] = [json.loads(line) for record in firehose.records for line in record.splitlines()]
    _must_agree(contest["name"], lines, contest["events"])

    def forgetting(handle: Handler) -> Handler:
        def handled(request: Any) -> None:
            handle(request)
            firehose.records.clear()

        return handled

    return Contest(requests, contest["events"], {name: forgetting(handle) for name, handle in contestants.items()})


def _floor(event: dict[str, Any]) -> dict[str, Any]:
    """What a transform does that only puts a newline behind each record."""
    answers = []
    for record in event["records"]:
        data = base64.b64encode(base64.b64decode(record["data"]) + b"\n").decode()
        answers.append({"recordId": record["recordId"], "result": "Ok", "data": data})
    return {"records": answers}


def _peer_ingest(peer: function_peers.Peer, firehose: Firehose) -> Handler:
    """A request's events wrapped as the ingest function does, and put as one record."""

    def handle(request: dict[str, Any]) -> dict[str, Any]:
        context = request["requestContext"]
        received_at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(context["requestTimeEpoch"] // 1000))
        head = f'","receivedAt":"{received_at}.{context["requestTimeEpoch"] % 1000:03d}Z","body":'
        lines = [
            f'{{"id":"{context["extendedRequestId"]}-{index}{head}'.encode() + event + b"}\n"
            for index, event in enumerate(peer.events(request))
        ]
        firehose.put_record_batch(DeliveryStreamName=STREAM, Records=[{"Data": b"".join(lines)}])
        return {"statusCode": 202, "body": json.dumps({"accepted": len(lines)})}

    return handle


def _package(directory: Path, **environment: str) -> ModuleType:
    """The handler of a function, imported as from its zip; the functions' other modules have names of their own."""
    os.environ.update(environment, AWS_REGION="us-east-1", AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test")
    sys.path.insert(0, str(directory))
    sys.modules.pop("handler", None)
    return importlib.import_module("handler")


def _rows(answer: dict[str, Any]) -> list[Any]:
    return [json.loads(line) for found in answer["records"] for line in base64.b64decode(found["data"]).splitlines()]


def _must_agree(contest: str, answers: dict[str, list[Any]], events: int) -> None:
    for name, found in answers.items():
        if len(found) != events or found != answers[OURS]:
            different = next((pair for pair in zip(found, answers[OURS], strict=False) if pair[0] != pair[1]), None)
            raise SystemExit(f"{contest}: {name} made {len(found)} of {events}, or others than ours: {different}")


if __name__ == "__main__":
    raise SystemExit(main())
