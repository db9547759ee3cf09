"""How much processor time does an event take in the two functions, beside what others would write?

Contestants are our functions as they are deployed, Powertools for AWS Lambda with pydantic, msgspec, jsonschema, and
the floor: a transform that decodes a record, puts a newline behind it and encodes it. They take turns in one process.

    python -m bench.functions [rounds]
"""

import base64
import datetime
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import boto3

from contracts import Contract, Delivery, validator
from rapid.cli import project, samples

from . import environments, table

PEERS = ("aws-lambda-powertools==3.37.0", "pydantic==2.14.4", "msgspec==0.22.0", "jsonschema==4.26.0")
ROUNDS = 41
EVENTS = 500
CONVERTED_ONE_IN = 10
REQUEST_EVENTS = 100
GOAL_USUAL, GOAL_ANY = 3.0, 7.5

_OFFSET = datetime.timezone(datetime.timedelta(hours=-5))
_RECEIVED = "2026-03-14T18:31:00.123Z"
_RECEIVED_EPOCH_MILLISECONDS = 1773513060123
_CONTESTANTS = ("floor", "ours", "powertools, pydantic", "msgspec", "jsonschema")

Event = dict[str, Any]


def main() -> int:
    """Run it and print the table."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    contests_of = {"transform": _transform_contests(), "ingest": _ingest_contests()}
    with tempfile.TemporaryDirectory() as packages:
        for function in ("transform", "ingest"):
            package(function, Path(packages) / function)
        program = Path(__file__).with_name("function_contest.py")
        python = environments.bin_directory(*PEERS, f"boto3=={boto3.__version__}") / "python"
        answer = subprocess.run(
            [python, program, packages],
            input=json.dumps({"rounds": rounds, **contests_of}),
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    contests = [*contests_of["transform"], *contests_of["ingest"]]
    print(f"{table.circumstances(', '.join(PEERS), rounds)}\n")
    print(f"| µs an event (times the floor) | {' | '.join(_CONTESTANTS)} | goal |")
    print(f"|---|{'---:|' * (len(_CONTESTANTS) + 1)}")
    figures = [
        {name: statistics.median(found) for name, found in contestants.items()}
        for contestants in json.loads(answer.stdout)
    ]
    for contest, found in zip(contests, figures, strict=True):
        print(_line(contest, found, figures[0]["floor"]))
    return 0


def package(function: str, directory: Path) -> None:
    """Lay a function out as in its zip, with every contract."""
    source = environments.ROOT / "functions"
    shutil.copytree(source / function, directory, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(source / "shared", directory / "shared", ignore=shutil.ignore_patterns("__pycache__"))
    (directory / "compiled").mkdir()
    (directory / "compiled" / "__init__.py").touch()
    for contract in project.all_contracts():
        (directory / "compiled" / f"{contract.source}.py").write_text(validator.source_code(contract))


def orders() -> list[Event]:
    """Orders as a restaurant sends them; of the times, one in ten has an offset, and must be converted."""
    return [_with_offset(event) if number % CONVERTED_ONE_IN == 0 else event for number, event in enumerate(_sent())]


def _sent(source: str = "orders") -> list[Event]:
    return list(samples.events(project.contract_of(source), EVENTS, seed=1))


def _with_offset(event: Event) -> Event:
    moment = datetime.datetime.fromisoformat(event["timestamp"]).astimezone(_OFFSET)
    return {**event, "timestamp": moment.isoformat(timespec="milliseconds")}


def _transform_contests() -> list[dict[str, Any]]:
    order, click = project.contract_of("orders"), project.contract_of("clickstream")
    usual = orders()
    any_orders = {
        "every time converted": [_with_offset(event) for event in _sent()],
        "fields in another order": [dict(reversed(event.items())) for event in usual],
        "two unknown fields": [{**event, "table": number, "note": "no onions"} for number, event in enumerate(usual)],
        "quotation marks in a name": [{**event, "menuItem": f'The "{event["menuItem"]}"'} for event in usual],
    }
    clicks = _sent("clickstream")
    renamed = [
        {**{k: v for k, v in event.items() if k != "created_at"}, "createdAt": event["created_at"]} for event in clicks
    ]
    return [
        _transform("transform: usual orders, one in ten with its time converted", order, usual, GOAL_USUAL),
        *(_transform(f"transform: {name}", order, events, GOAL_ANY) for name, events in any_orders.items()),
        _transform("transform: usual clicks, of the direct path", click, clicks, GOAL_USUAL),
        _transform("transform: clicks by an alias", click, renamed, GOAL_ANY),
        _transform(f"transform: usual orders, {EVENTS} in a record", order, usual, None, packed=True),
    ]


def _transform(
    name: str, contract: Contract, events: Sequence[Event], goal: float | None, packed: bool = False
) -> dict[str, Any]:
    lines = [_envelope(contract, number, event) for number, event in enumerate(events)]
    records = ["\n".join(lines)] if packed else lines
    return {
        "name": name,
        "goal": goal,
        "own_floor": not packed,
        "source": contract.source,
        "events": len(events),
        "records": [base64.b64encode(record.encode()).decode() for record in records],
    }


def _envelope(contract: Contract, number: int, event: Event) -> str:
    """The line that the contract's door writes."""
    received = _RECEIVED_EPOCH_MILLISECONDS + number if contract.delivery is Delivery.DIRECT else _RECEIVED
    line = {"id": f"JKJaXmPLvHcESHA=-{number}", "receivedAt": received, "body": event}
    return json.dumps(line, ensure_ascii=False, separators=(",", ":"))


def _ingest_contests() -> list[dict[str, Any]]:
    events = orders()
    batches = [events[start : start + REQUEST_EVENTS] for start in range(0, EVENTS, REQUEST_EVENTS)]
    contests: dict[str, list[Any]] = {"one event a request": events, f"{REQUEST_EVENTS} events a request": batches}
    return [
        {"name": f"ingest: {name}", "goal": GOAL_USUAL, "events": EVENTS, "bodies": [_json(body) for body in bodies]}
        for name, bodies in contests.items()
    ]


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _line(contest: Mapping[str, Any], found: Mapping[str, float], usual_floor: float) -> str:
    floor = found["floor"] if contest.get("own_floor") else usual_floor
    cells = [f"{found[name]:.2f} ({found[name] / floor:.1f})" if name in found else "" for name in _CONTESTANTS]
    goal = f"at most {contest['goal']:g}" if contest["goal"] else ""
    if contest["goal"] and found["ours"] / floor > contest["goal"]:
        goal += ", missed"
    return f"| {contest['name']} | {' | '.join(cells)} | {goal} |"


if __name__ == "__main__":
    raise SystemExit(main())
