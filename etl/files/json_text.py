"""Records of JSON text: one object a line (NDJSON), or one document, an array of objects or a single one."""

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from etl.files import text
from etl.files.plain import Plain
from etl.files.records import MAX_RECORD_BYTES, BadRecord, Batch, Refused, unreadable

_BATCH_RECORDS = 10_000
_WHITESPACE = " \t\r\n"


class _NotJson(ValueError):
    """A record that is not JSON; the argument is the reason."""


def _refuse_constant(name: str) -> None:
    raise _NotJson(f"{name} is not a JSON number")


def loads(record: str) -> Any:
    """Parse one record as the API does. Raises ValueError."""
    try:
        return json.loads(record, parse_constant=_refuse_constant)
    except RecursionError:
        raise _NotJson("it is nested too deeply") from None


def line_batches(file: Plain, encoding: str) -> Iterator[Batch]:
    """The records of NDJSON, not parsed yet; lines without anything are none."""
    number = line = 1
    for block in text.blocks(file, encoding):
        places, passed = _records(block)
        yield Batch(number + np.arange(len(places)), line + places, len(block), block=block)
        number += len(places)
        line += passed


def _records(block: bytes) -> tuple[npt.NDArray[np.int64], int]:
    """Which lines of a block are records, from 0, and how many lines there are."""
    data = np.frombuffer(block, np.uint8)
    ends = np.flatnonzero(data == ord("\n"))
    starts = np.concatenate([[0], ends[ends + 1 < len(data)] + 1])
    if (data[starts] == ord("{")).all() and b"\r" not in block:
        return np.arange(len(starts)), len(starts)
    lines = block.splitlines()
    return np.array([place for place, raw in enumerate(lines) if raw.strip()], np.int64), len(lines)


def parsed(batch: Batch, wanted: npt.NDArray[np.bool_] | None = None) -> Batch:
    """The events of a block's records, or of some of them, and those that are no JSON."""
    numbers, lines, events = [], [], []
    bad: list[BadRecord] = []
    records = batch.block.splitlines()
    if len(records) != len(batch.numbers):
        records = [raw for raw in records if raw.strip()]
    chosen = range(len(records)) if wanted is None else np.flatnonzero(wanted).tolist()
    for place in chosen:
        number, line = int(batch.numbers[place]), int(batch.lines[place])
        value, reason = _parsed(records[place])
        if reason:
            shown = records[place][:MAX_RECORD_BYTES].decode("utf-8", "backslashreplace")
            bad.append(unreadable(number, line, shown, reason))
        else:
            numbers.append(number)
            lines.append(line)
            events.append(value)
    return Batch(np.array(numbers, np.int64), np.array(lines, np.int64), batch.size_bytes, events=events, bad=bad)


def _parsed(raw: bytes) -> tuple[Any, str]:
    """A line's value, or why it has none."""
    if len(raw) > MAX_RECORD_BYTES:
        return None, f"is longer than {MAX_RECORD_BYTES} bytes"
    try:
        return loads(raw.decode()), ""
    except UnicodeDecodeError as error:
        return None, f"is not UTF-8 text (byte {error.start})"
    except ValueError as error:
        return None, f"is not JSON: {error}"


def document_batches(file: Plain, encoding: str) -> Iterator[Batch]:
    """The records of a JSON document. Raises Refused if it is not one; nothing tells where its next record begins."""
    numbers, lines, events = [], [], []
    size = 0
    for number, (value, line, characters) in enumerate(_elements(file, encoding), start=1):
        numbers.append(number)
        lines.append(line)
        events.append(value)
        size += characters
        if len(events) == _BATCH_RECORDS or size > text.BLOCK_BYTES:
            yield Batch(np.array(numbers, np.int64), np.array(lines, np.int64), size, events=events)
            numbers, lines, events, size = [], [], [], 0
    if events:
        yield Batch(np.array(numbers, np.int64), np.array(lines, np.int64), size, events=events)


def require_document(file: Plain, encoding: str) -> None:
    """Read a JSON document to its end. Raises Refused with the line on which it stops being one."""
    for _ in _elements(file, encoding):
        pass


def is_lines(file: Plain, encoding: str) -> bool:
    """Whether text that begins as JSON has a whole value on its first line, and no array of records."""
    first = next(text.blocks(file, encoding)).lstrip().split(b"\n", 1)[0]
    if first.startswith(b"["):
        return False
    try:
        loads(first.decode("utf-8", "replace"))
    except ValueError:
        # A broken line among lines, unless what begins here ends on another line.
        return first.rstrip().endswith(b"}") and len(first) > 2
    return True


def _elements(file: Plain, encoding: str) -> Iterator[tuple[Any, int, int]]:
    """Each record with the line on which it begins, and its length in characters."""
    reading = _Document(text.pieces(file, encoding))
    if reading.peek() == "[":
        reading.take()
        if reading.peek() == "]":
            reading.take()
        else:
            while True:
                reading.peek()
                yield reading.value()
                mark = reading.peek()
                if mark not in (",", "]"):
                    raise Refused(f"is not JSON: a comma or ] is missing in line {reading.line}")
                reading.take()
                if mark == "]":
                    break
    else:
        yield reading.value()
    if reading.peek():
        raise Refused(
            f"is not one JSON document: in line {reading.line} more follows; send one object a line, or an array"
        )


class _Document:
    """A JSON text that is decoded value by value."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._rest, self._buffer, self._at = pieces, b"", "", 0
        self._decoder = json.JSONDecoder(parse_constant=_refuse_constant)
        self.line = 1

    def peek(self) -> str:
        """The next character that is no white space; empty at the end."""
        while True:
            start = self._at
            while self._at < len(self._buffer) and self._buffer[self._at] in _WHITESPACE:
                self._at += 1
            self.line += self._buffer.count("\n", start, self._at)
            if self._at < len(self._buffer):
                return self._buffer[self._at]
            if not self._more():
                return ""

    def take(self) -> None:
        """Pass the character that was peeked at."""
        self._at += 1

    def value(self) -> tuple[Any, int, int]:
        """Decode the value that begins here; with its line and its length. Raises Refused."""
        line = self.line
        while True:
            try:
                value, end = self._decoder.raw_decode(self._buffer, self._at)
            except _NotJson as error:
                raise Refused(f"is not JSON: {error}, in the record of line {line}") from None
            except RecursionError:
                raise Refused(f"is nested too deeply in line {line}") from None
            except ValueError as error:
                if len(self._buffer) - self._at > MAX_RECORD_BYTES:
                    reason = getattr(error, "msg", str(error))
                    raise Refused(
                        f"is not JSON, or has a record longer than {MAX_RECORD_BYTES} bytes: {reason}, line {line}"
                    ) from None
                if not self._more():
                    at = getattr(error, "pos", self._at)
                    place = self.line + self._buffer.count("\n", self._at, at)
                    raise Refused(f"is not JSON: {getattr(error, 'msg', error)}, line {place}") from None
                continue
            # A number at the end of what was read may go on in the next piece.
            if end == len(self._buffer) and self._more():
                continue
            length = end - self._at
            self.line += self._buffer.count("\n", self._at, end)
            self._at = end
            return value, line, length

    def _more(self) -> bool:
        """Read on, forgetting what was passed; False at the end."""
        piece = next(self._pieces, None)
        if piece is None:
            if self._rest:
                raise Refused("is not UTF-8 text: it ends within a character")
            return False
        data = self._rest + piece
        try:
            decoded, self._rest = data.decode(), b""
        except UnicodeDecodeError as error:
            if error.reason != "unexpected end of data":
                raise Refused(f"is not UTF-8 text after line {self.line}") from None
            decoded, self._rest = data[: error.start].decode(), data[error.start :]
        self._buffer, self._at = self._buffer[self._at :] + decoded, 0
        return True
