"""Failed events: read from their places, mended, put back; whatever happens in between, none is lost or made twice."""

import base64
import contextlib
import gzip
import importlib
import json
import random
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rapid.cli import athena, backoff, project, samples
from rapid.cli.counts.lines import side
from rapid.cli.errors import CommandError
from rapid.cli.failed_events import envelopes, listing, quarantine, replay
from rapid.cli.failed_events.compiled_contract import check_of
from rapid.cli.failed_events.failed_event import FailedEvent
from rapid.cli.failed_events.fix import Fix, NotFixed
from rapid.cli.failed_events.places import Choice, Places

from .fake_aws import NOW, Bucket, Queue, message

ROOT = Path(__file__).parents[3]
ORDERS = project.contract_of("orders")
ARRIVED = "2026-03-14T18:30:00.000Z"
CHECK = check_of(ORDERS)


def function_module(folder: str, name: str) -> Any:
    """A module of a function, which nothing here may import; as in the function's zip, `shared` lies beside it."""
    before = set(sys.modules)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "functions"))
        patch.syspath_prepend(str(ROOT / "functions" / folder))
        module = importlib.import_module(name)
    for neighbour in set(sys.modules) - before:
        if "/functions/" in str(getattr(sys.modules[neighbour], "__file__", "")):
            del sys.modules[neighbour]
    return module


THEIR_ENVELOPE = function_module("transform", "shared.envelope")
THEIR_QUARANTINE = function_module("transform", "quarantine")

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)
EVENTS = st.dictionaries(st.text(), JSON, max_size=5)


@given(st.text(min_size=1), EVENTS, st.integers(0, 4_000_000_000_000))
def test_an_envelope_is_what_the_functions_read_and_write(event_id: str, body: dict[str, Any], moment: int) -> None:
    received_at = THEIR_ENVELOPE.iso(moment)
    ours = envelopes.Envelope(event_id, received_at, body)
    assert tuple(THEIR_ENVELOPE.read(envelopes.write(ours).strip())) == tuple(ours)
    assert envelopes.read(THEIR_ENVELOPE.write(THEIR_ENVELOPE.Envelope(*ours))) == ours
    direct = {"id": event_id, "receivedAt": moment, "body": body}
    assert envelopes.read(json.dumps(direct).encode()) == ours


@pytest.mark.parametrize(
    "line", ["", "no JSON", "[]", '{"id": "a"}', '{"id": "", "receivedAt": "x", "body": {}}', "[" * 100_000]
)
def test_what_is_no_envelope_is_none(line: str) -> None:
    assert envelopes.read(line.encode()) is None


@given(EVENTS)
def test_an_expression_that_changes_nothing_leaves_every_number_as_it_was(event: dict[str, Any]) -> None:
    try:
        fixed = Fix(".")(event)
    except NotFixed:
        assert large_numbers(event), "only two of them may not be told apart"
    else:
        assert fixed == event


def large_numbers(value: Any) -> list[int]:
    if isinstance(value, dict | list):
        inner = value.values() if isinstance(value, dict) else value
        return [number for item in inner for number in large_numbers(item)]
    return [value] if isinstance(value, int) and abs(value) >= 2**53 else []


def test_whole_numbers_that_jq_rounds_are_kept_wherever_they_go() -> None:
    event = {"id": 9_007_199_254_740_993, "price": "3", "list": [12_345_678_901_234_567_890]}
    fixed = Fix(".price |= tonumber | .other = .id | del(.id)")(event)
    assert fixed == {"price": 3, "list": [12_345_678_901_234_567_890], "other": 9_007_199_254_740_993}


def test_numbers_that_jq_cannot_tell_apart_leave_the_event() -> None:
    with pytest.raises(NotFixed, match="cannot tell the event's numbers"):
        Fix(".")({"a": 9_007_199_254_740_993, "b": 9_007_199_254_740_992})


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("empty", "gives 0 values"),
        (".none", "gives null; an event"),
        (".,.", "gives 2 values"),
        (".price", "gives a string; an event must become one JSON object"),
        (".price |= tonumber", "cannot be parsed as a number"),
        ('error("no")', "no"),
    ],
)
def test_an_expression_that_makes_no_event_says_why(expression: str, reason: str) -> None:
    with pytest.raises(NotFixed, match=reason):
        Fix(expression)({"price": "cheap"})


def test_an_expression_that_is_none_is_refused_with_its_place() -> None:
    with pytest.raises(CommandError, match=r"(?s)--fix: jq does not understand the expression.*line 1, column 11"):
        Fix(".price |= (")


@pytest.mark.parametrize(
    "body", [b"no JSON", b"[]", b"{}", b'{"id": 1, "event": {}, "receivedAt": null, "errors": []}']
)
def test_an_object_in_quarantine_that_is_not_the_transforms_is_an_event_without_an_id(body: bytes) -> None:
    [event] = quarantine.read(Bucket({"orders/2026/03/14/x.json": body}), "quarantine", "orders")
    assert (event.envelope_id, event.is_enveloped, event.id) == ("", False, "orders/2026/03/14/x.json")
    assert event.reason.startswith("object is not what the transform writes")


def test_a_row_of_a_file_says_which_file_and_line_it_came_from() -> None:
    row = {"id": "f-6", "receivedAt": ARRIVED, "errors": [], "event": {}, "file": "incoming/orders/f/a.csv", "line": 7}
    body = gzip.compress(json.dumps(row).encode())
    [event] = quarantine.read_rows(Bucket({"files/orders/f/00000.ndjson.gz": body}), "quarantine", "orders")
    assert event.row_of == "incoming/orders/f/a.csv, line 7"


def test_with_an_id_no_other_object_in_quarantine_is_read() -> None:
    bucket = Bucket({})
    for event in ("a", "b", "c"):
        quarantine_one(bucket, event, {})
    [found] = quarantine.read(bucket, "quarantine", "orders", ids=["b"])
    assert (found.id, len(bucket.read)) == ("b", 1)


def test_many_events_are_listed_without_holding_their_bodies() -> None:
    """The objects are made as they are read, and the most that there were at once is counted."""

    class Endless(Bucket):
        def paginate(self, Bucket: str, Prefix: str) -> Iterator[dict[str, Any]]:  # type: ignore[override]
            if Prefix.startswith("orders/"):
                for page in range(100):
                    keys = [f"{Prefix}2026/03/14/{page:03}-{number:03}.json" for number in range(100)]
                    yield {"Contents": [{"Key": key, "Size": 1, "LastModified": NOW} for key in keys]}

        def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:
            self.objects[Key] = quarantined(Key, {"price": "x" * 100})
            found = super().get_object(Bucket, Key)
            del self.objects[Key]
            return found

    stack = FakeStack(Endless({}), Queue())
    held: list[FailedEvent] = []
    for event in listing.open_events(Places(stack), Choice("orders")):  # type: ignore[arg-type]
        assert (event.event, event.line) == (None, None)
        held.append(event)
    groups = listing.grouped(held)
    assert [found.events for found in groups.values()] == [10_000]


class FakeStack:
    """A stack of fakes. Its stream delivers when told; its table is a list of ids."""

    def __init__(self, bucket: Any, queue: Queue, firehose: Any = None) -> None:
        self.clients = {"s3": bucket, "sqs": queue, "firehose": firehose}
        names = ("database", "dead_letter_queue_url", "processed_bucket", "quarantine_bucket", "raw_bucket")
        self.masked_outputs = {**dict.fromkeys((*names, "workgroup"), "x"), "streams": {"orders": "orders-stream"}}
        self.table: list[str] = []

    def client(self, service: str) -> Any:
        return self.clients[service]


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backoff, "BASE_DELAY_SECONDS", 0.0)


@pytest.fixture(autouse=True)
def table_without_athena(monkeypatch: pytest.MonkeyPatch) -> None:
    def rows(stack: Any, sql: str) -> athena.Result:
        asked = re.findall("'([^']*)'", sql.partition(" IN (")[2])
        return athena.Result((), [(event,) for event in asked if event in stack.table], 0)

    monkeypatch.setattr(athena, "run", rows)


def quarantined(event_id: str, body: Any) -> bytes:
    errors = CHECK(body)
    content = {"id": event_id, "receivedAt": "2026-03-14 18:30:00.000", "errors": errors, "event": body}
    return json.dumps(content).encode()


def quarantine_one(bucket: Bucket, event_id: str, body: Any) -> None:
    bad = THEIR_QUARANTINE.BadEvent(event_id, "2026-03-14 18:30:00.000", [], body)
    bucket.objects[THEIR_QUARANTINE.key("orders", bad)] = quarantined(event_id, body)


class Killed(BaseException):
    """The command is killed: it does nothing more."""


class World(FakeStack):
    """The pipeline around the replay: a stream that fails at times, the transform behind it, and a moment of death."""

    def __init__(self, seed: int) -> None:
        super().__init__(Bucket({}), Queue(), self)
        self.random, self.stream, self.calls_left = random.Random(seed), list[bytes](), 10**9
        self.share_taken = 0.7
        queue = self.clients["sqs"]
        self.clients["sqs"] = Mortal(self, queue)
        self.queue, self.bucket = queue, self.clients["s3"]

    def live(self) -> None:
        self.calls_left -= 1
        if self.calls_left < 0:
            raise Killed

    def put_record_batch(self, DeliveryStreamName: str, Records: list[dict[str, bytes]]) -> dict[str, Any]:
        self.live()
        answers: list[dict[str, str]] = []
        for record in Records:
            taken = self.random.random() < self.share_taken
            self.stream += [record["Data"]] if taken else []
            answers.append({"RecordId": "1"} if taken else {"ErrorCode": "ServiceUnavailableException"})
        self.live()
        return {"FailedPutCount": 0, "RequestResponses": answers}

    def deliver(self) -> None:
        """The transform: good events into the table, bad ones into quarantine."""
        for line in b"".join(self.stream).splitlines():
            envelope = THEIR_ENVELOPE.read(line)
            if CHECK(envelope.body):
                quarantine_one(self.bucket, envelope.id, envelope.body)
            else:
                self.table.append(envelope.id)
        self.stream.clear()

    def places(self) -> dict[str, set[str]]:
        records = [base64.b64decode(json.loads(body)["record"]) for body in self.queue.bodies.values()]
        failed = [body for key, body in self.bucket.objects.items() if key.startswith("errors/")]
        bad = [body for key, body in self.bucket.objects.items() if key.startswith("orders/")]
        return {
            "table": set(self.table),
            "quarantine": {json.loads(body)["id"] for body in bad},
            "failed transform": set(side(base64.b64decode(json.loads(body)["rawData"]) for body in failed).ids),
            "queue": set(side(records).ids),
            "stream": set(side(self.stream).ids),
        }


class Mortal:
    """A client that does nothing any more once the command was killed."""

    def __init__(self, world: World, client: Any) -> None:
        self._world, self._client = world, client

    def __getattr__(self, name: str) -> Any:
        def call(**parameters: Any) -> Any:
            self._world.live()
            return getattr(self._client, name)(**parameters)

        return call


def world_of(where: list[list[str]], good: list[bool], seed: int) -> World:
    """Event n, good or not, lies in each of the n-th places, packed with its neighbours there."""
    world = World(seed)
    packed: dict[str, list[bytes]] = {"queue": [], "failed transform": []}
    for number, (order, at, is_good) in enumerate(zip(samples.events(ORDERS, len(where), 1), where, good, strict=True)):
        body = order if is_good else {**order, "price": "1.5"}
        for place in at:
            if place == "quarantine":
                quarantine_one(world.bucket, f"e{number}", body)
            elif place == "table":
                world.table.append(f"e{number}")
            else:
                packed[place].append(envelopes.write(envelopes.Envelope(f"e{number}", ARRIVED, body)))
    for start in range(0, len(packed["queue"]), 3):
        lines = [line.decode().strip() for line in packed["queue"][start : start + 3]]
        world.queue.bodies[f"m{start}"] = json.dumps(message("orders", *lines))
    for start in range(0, len(packed["failed transform"]), 2):
        raw = base64.b64encode(b"".join(packed["failed transform"][start : start + 2])).decode()
        document = {"rawData": raw, "errorCode": "E", "errorMessage": "m", "arrivalTimestamp": 1773513000000}
        key = f"errors/orders/processing-failed/2026/03/14/18/{start}"
        world.bucket.objects[key] = json.dumps(document).encode() + b"\n"
    return world


PLACES = st.sampled_from(["quarantine", "failed transform", "queue", "table"])


@settings(max_examples=25)
@given(st.data())
def test_whatever_lies_where_and_whenever_a_replay_is_killed_each_event_ends_up_once(data: st.DataObject) -> None:
    where = data.draw(st.lists(st.lists(PLACES, min_size=1, max_size=2, unique=True), min_size=1, max_size=12))
    good = data.draw(st.lists(st.booleans(), min_size=len(where), max_size=len(where)))
    world = world_of(where, good, data.draw(st.integers(0, 100)))
    everything = set().union(*world.places().values())
    assert list_of(world) == expected_list(world)

    for _ in range(data.draw(st.integers(0, 4))):
        world.calls_left = data.draw(st.integers(0, 20) | st.integers(21, 200))
        world.share_taken = data.draw(st.sampled_from([0.0, 0.1, 0.7, 1.0]))
        with contextlib.suppress(Killed):
            replay_all(world)
        world.calls_left, world.queue.hidden = 10**9, set()  # The time that messages stay hidden is over.
        assert set().union(*world.places().values()) == everything
        if data.draw(st.booleans()):
            world.deliver()
    finish(world)
    assert set().union(*world.places().values()) == everything
    assert list_of(world) == expected_list(world)
    assert world.places()["queue"] == set()
    assert {event for group, events in list_of(world).items() for event in events if group != "quarantine"} == set()


def test_a_message_stays_on_the_queue_until_the_stream_has_all_of_its_events() -> None:
    world = world_of([["queue"], ["queue"]], [True, False], seed=1)
    world.share_taken = 0.0
    replay_all(world)
    assert (world.places()["queue"], world.queue.hidden) == ({"e0", "e1"}, set())
    world.share_taken = 1.0
    replay_all(world)
    assert (world.places()["queue"], world.places()["stream"]) == (set(), {"e0", "e1"})


def finish(world: World) -> None:
    """A replay undisturbed."""
    world.share_taken = 1.0
    replay_all(world)
    world.deliver()


def replay_all(world: World) -> None:
    stack = Places(world)  # type: ignore[arg-type]
    replay.replayed(stack, Choice("orders"), None, dry_run=False, tell=lambda _: None)


def list_of(world: World) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for event in listing.open_events(Places(world), Choice("orders")):  # type: ignore[arg-type]
        ids = found.setdefault(event.place.value, set())
        assert event.id not in ids
        ids.add(event.id)
    return found


def expected_list(world: World) -> dict[str, set[str]]:
    """As `rapid counts` decides it."""
    at = world.places()
    bad = at["quarantine"] - at["table"]
    failed = at["failed transform"] - at["table"] - bad
    dead = at["queue"] - at["table"] - bad - failed
    found = {"quarantine": bad, "failed transform": failed, "queue": dead}
    return {place: ids for place, ids in found.items() if ids}


def file_row(number: int, event: Any) -> bytes:
    """As etl/files/parts.py writes it."""
    content = {
        "id": f"f1-{number}",
        "source": "orders",
        "receivedAt": "2026-03-14T18:30:00.000Z",
        "errors": [{"field": "price", "reason": "must be a number, not string"}],
        "event": event,
        "file": "incoming/orders/f1/orders.csv",
        "line": number + 2,
    }
    return json.dumps(content).encode() + b"\n"


def test_rows_of_files_are_replayed_under_their_ids_and_no_id_is_needed_to_find_them() -> None:
    [order] = samples.events(ORDERS, 1, 1)
    world = World(seed=1)
    world.share_taken = 1.0
    rows = file_row(0, {**order, "price": "3"}) + file_row(1, "a line, cut") + b"no JSON\n"
    world.bucket.objects["files/orders/f1/00000.ndjson.gz"] = gzip.compress(rows)
    world.bucket.objects["files/orders/f2/00000.ndjson.gz"] = b"not gzipped"
    assert {place: len(ids) for place, ids in list_of(world).items()} == {"file": 4}
    outcome = replay.replayed(
        Places(world),  # type: ignore[arg-type]
        Choice("orders"),
        Fix(".price |= tonumber"),
        dry_run=False,
        tell=lambda _: None,
    )
    assert (outcome.replayed, outcome.left) == (1, 3)
    world.deliver()
    assert world.table == ["f1-0"]
    assert "f1-0" not in list_of(world)["file"]
    stack = Places(world)  # type: ignore[arg-type]
    world.bucket.read.clear()
    [found] = stack.stored(ORDERS, Choice("orders", ["f1-1"]))
    assert (found.id, world.bucket.read) == ("f1-1", ["files/orders/f1/00000.ndjson.gz"])


def test_what_the_contracts_filter_kept_out_is_open_no_longer() -> None:
    world = world_of([["quarantine"], ["queue"], ["failed transform"], ["queue"]], [False] * 4, seed=1)
    noted = {"source": "orders", "ids": ["e0", "e1", "e2"]}
    world.bucket.objects["filtered/orders/2026/03/14/x.json"] = json.dumps(noted).encode()
    world.bucket.objects["filtered/orders/2026/03/14/stray.json"] = b"of somebody else"
    assert list_of(world) == {"queue": {"e3"}}
