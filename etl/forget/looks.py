"""What of an object's bytes is the person's, and what is left without it; one function a kind of object."""

import base64
import gzip
import hashlib
import io
import json
import zlib
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from etl.forget.person import Person

_NO_JSON = (ValueError, RecursionError)


@dataclass
class Look:
    """What was found in one object."""

    ids: set[str] = field(default_factory=set)
    """Ids of the events, as `rapid counts` knows them; a line that has none is known by its hash."""
    rest: bytes | None = None
    """The object without what was found; None: nothing is left of it."""
    is_hit: bool = False
    mentions: int = 0
    """Events of others in which the value stands elsewhere."""
    repeats: bool = False
    """Whether a row of another has the primary key of one of the person's."""
    is_unreadable: bool = False
    """Whether nobody can say what is in it."""


def in_raw(person: Person, body: bytes) -> Look:
    """An object of the raw zone: envelopes, a line each, gzipped once or, by a writer of several parts, often."""
    try:
        data = gzip.decompress(body)
    except (OSError, EOFError, zlib.error):
        data = None
    look = in_lines(person, body if data is None else data)
    if look.rest is not None and data is not None:
        look.rest = gzip.compress(look.rest, mtime=0)
    return look


def in_lines(person: Person, data: bytes) -> Look:
    """Newline-delimited envelopes, or table rows; what is neither is the person's if the value stands in it."""
    look = Look(rest=data)
    if not person.may_be_in(data) and not person.is_in_text(data):
        return look
    kept = []
    for line in data.split(b"\n"):
        if not _is_persons(person, line, look):
            kept.append(line)
    if look.is_hit:
        left = b"\n".join(kept)
        look.rest = left if left.strip() else None
    return look


def in_error_documents(person: Person, body: bytes) -> Look:
    """Firehose's documents about records that it could not deliver, a line each, the record in base64.

    https://docs.aws.amazon.com/firehose/latest/dev/data-transformation-failure-handling.html
    """
    look, kept = Look(rest=body), []
    for line in body.split(b"\n"):
        left = _error_document(person, line, look)
        if left is not None:
            kept.append(left)
    if look.is_hit:
        text = b"\n".join(kept)
        look.rest = text if text.strip() else None
    return look


def in_quarantined_event(person: Person, body: bytes) -> Look:
    """An event in quarantine, with the reasons."""
    look = Look(rest=body)
    try:
        content = json.loads(body)
        event, known = content["event"], str(content["id"])
    except (*_NO_JSON, TypeError, KeyError):
        return _unreadable(person, body, look)
    if isinstance(event, str):
        # A line that did not come through the API. Its bytes, not its text, if it is no text.
        line = base64.b64decode(event[7:]) if event.startswith("base64:") else event.encode(errors="surrogatepass")
        inner = in_lines(person, line)
        look.ids, look.is_hit = inner.ids, inner.is_hit
    elif isinstance(event, dict) and person.has(event):
        look.ids, look.is_hit = {known}, True
    if look.is_hit:
        look.rest = None
    return look


def in_quarantined_rows(person: Person, body: bytes) -> Look:
    """Bad rows of a file, a line each, gzipped."""
    look = Look(rest=body)
    try:
        lines = gzip.decompress(body).split(b"\n")
    except (OSError, EOFError, zlib.error):
        return _unreadable(person, body, look)
    kept = []
    for line in lines:
        try:
            content = json.loads(line) if line.strip() else {}
            event, known = content.get("event"), str(content.get("id", ""))
            text = json.dumps([event, content.get("errors")]).encode() if not isinstance(event, dict) else b""
            found = person.has(event) if isinstance(event, dict) else person.is_in_text(text)
        except (*_NO_JSON, AttributeError):
            known, found = _line_id(line), person.is_in_text(line)
        if found:
            look.is_hit = True
            look.ids.add(known)
        else:
            kept.append(line)
    if look.is_hit:
        left = b"\n".join(kept)
        look.rest = gzip.compress(left, mtime=0) if left.strip() else None
    return look


def in_ids(erased: Iterable[str]) -> Callable[[Person, bytes], Look]:
    """Ids of events that the contract's filter keeps out; the person's are those of the events found elsewhere."""
    gone = frozenset(erased)

    def look_at(person: Person, body: bytes) -> Look:
        try:
            content = json.loads(body)
            ids = list(content["ids"])
        except (*_NO_JSON, TypeError, KeyError):
            return _unreadable(person, body, Look(rest=body))
        left = [event for event in ids if event not in gone]
        if len(left) == len(ids):
            return Look(rest=body)
        return Look(rest=json.dumps({**content, "ids": left}).encode() if left else None, is_hit=True)

    return look_at


def in_processed(person: Person, body: bytes, primary_key: str = "", keys: Collection[Any] = ()) -> Look:
    """Rows as Parquet, written again as Firehose writes them: Snappy, times as INT96.

    `keys` are the primary keys of the person's rows in the curated table.
    """
    try:
        table = pq.read_table(io.BytesIO(body), coerce_int96_timestamp_unit="us")
    except (pa.ArrowException, ValueError):
        return Look(rest=body, is_unreadable=True)
    mask = person.rows(table)
    others = table.filter(pc.invert(mask))
    repeats = bool(keys) and not set(keys).isdisjoint(others[primary_key].to_pylist())
    if not pc.any(mask).as_py():
        return Look(rest=body, repeats=repeats)
    ids = set(table.filter(mask)["ingest_id"].to_pylist()) if "ingest_id" in table.column_names else set()
    rest = _parquet(others) if others.num_rows else None
    return Look(ids=ids - {None}, rest=rest, is_hit=True, repeats=repeats)


def in_text(person: Person, body: bytes) -> Look:
    """A text that says something of a person's events, such as a report: the value is replaced in it."""
    if not person.is_in_text(body):
        return Look(rest=body)
    return Look(rest=person.without(body), is_hit=True)


def _parquet(table: pa.Table) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="snappy", use_deprecated_int96_timestamps=True, store_schema=False)
    return buffer.getvalue()


def _is_persons(person: Person, line: bytes, look: Look) -> bool:
    """Whether a line is the person's; noted in `look` if so."""
    if not line.strip() or not (person.may_be_in(line) or person.is_in_text(line)):
        return False
    try:
        value = json.loads(line)
    except _NO_JSON:
        value = None
    if isinstance(value, dict):
        body = value.get("body")
        found = person.has(body) if isinstance(body, dict) else person.has(value)
        if not found and person.is_in_text(line):
            look.mentions += 1
    else:
        found = person.is_in_text(line)
    if found:
        look.is_hit = True
        look.ids.add(_event_id(value) or _line_id(line))
    return found


def _event_id(value: Any) -> str:
    """As `rapid counts` finds it: of an envelope, or of the row that the transform made of it."""
    known = (value.get("id") or value.get("ingest_id")) if isinstance(value, dict) else None
    return str(known) if isinstance(known, str | int) else ""


def _line_id(line: bytes) -> str:
    return f"line {hashlib.sha256(line).hexdigest()}"


def _error_document(person: Person, line: bytes, look: Look) -> bytes | None:
    """A document without the person; None if nothing is left of it."""
    try:
        document = json.loads(line)
        record = base64.b64decode(document["rawData"], validate=True)
    except (*_NO_JSON, TypeError, KeyError):
        inner = in_lines(person, line)
        look.ids |= inner.ids
        look.is_hit |= inner.is_hit
        return None if inner.is_hit else line
    inner = in_lines(person, record)
    if inner.is_hit:
        look.ids |= inner.ids
        look.is_hit = True
        if inner.rest is None:
            return None
        document["rawData"] = base64.b64encode(inner.rest).decode()
    said = json.dumps({name: value for name, value in document.items() if name != "rawData"}).encode()
    if person.is_in_text(said):
        look.is_hit = True
        return json.dumps({**json.loads(person.without(said)), "rawData": document["rawData"]}).encode()
    return json.dumps(document).encode() if inner.is_hit else line


def _unreadable(person: Person, body: bytes, look: Look) -> Look:
    """What the platform does not write so goes as a whole if the value stands in it."""
    if person.is_in_text(body):
        look.is_hit, look.rest = True, None
        look.ids = {_line_id(body)}
    return look
