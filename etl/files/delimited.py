"""Records of a delimited text file (CSV, TSV), with the line on which each begins.

Blocks without any quotation mark are read by Arrow, all others by the csv module, which is the reference
(https://www.rfc-editor.org/rfc/rfc4180). A record that is broken costs itself alone: where a quotation mark is never
closed, reading goes on with the next line.
"""

import csv
import io
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv

from etl.files import names as column_names
from etl.files import text
from etl.files.plain import Plain
from etl.files.records import MAX_RECORD_BYTES, BadRecord, Batch, unreadable

csv.field_size_limit(4 * MAX_RECORD_BYTES)


@dataclass(frozen=True)
class Dialect:
    """How a delimited file is written. `names` are those of its columns, made unique."""

    delimiter: str
    quote: str
    names: tuple[str, ...]
    has_header: bool
    skipped_lines: int = 0
    """Lines before the header, such as Excel's `sep=;`."""

    def reader(self, lines: Iterator[str]) -> Iterator[list[str]]:
        """The csv module's reader of this dialect."""
        return csv.reader(lines, delimiter=self.delimiter, quotechar=self.quote, strict=True)


def batches(file: Plain, encoding: str, dialect: Dialect) -> Iterator[Batch]:
    """All records of a file."""
    reading = _Reading(text.blocks(file, encoding), dialect)
    reading.skip_head()
    while (batch := reading.next_batch()) is not None:
        yield batch


class _Reading:
    """One pass over a file: where it is, and what was read ahead."""

    def __init__(self, blocks: Iterator[bytes], dialect: Dialect) -> None:
        self._blocks, self._dialect = blocks, dialect
        self._number, self._line = 1, 1
        self._ahead: deque[str] = deque()
        """Lines that were read and not used yet; they come before the next block."""
        self._taken: list[str] = []
        """Lines of the record that is being read."""
        self._taken_size = 0

    def skip_head(self) -> None:
        """Pass the header and the lines before it."""
        for _ in range(self._dialect.skipped_lines):
            self._next_line()
        if self._dialect.has_header:
            while (line := self._next_line()) is not None and not line.strip("\r\n"):
                pass
            if line is not None:
                self._ahead.appendleft(line)
                self._line -= 1
                next(self._dialect.reader(iter(self._next_line, None)), None)

    def next_batch(self) -> Batch | None:
        """The records of one more block; None at the end."""
        if self._ahead:
            return self._by_csv(0)
        block = next(self._blocks, None)
        if block is None:
            return None
        batch = self._by_arrow(block)
        if batch is None:
            self._ahead.extend(_lines(block))
            batch = self._by_csv(len(block))
        return batch

    def _by_arrow(self, block: bytes) -> Batch | None:
        """A block where every line is a record; None if it may not be one."""
        if self._dialect.quote.encode() in block or b"\n\n" in block or b"\r" in block.replace(b"\r\n", b""):
            return None
        if b"\n\r\n" in block or block[:1] in b"\r\n" or b"\x00" in block or not text.is_utf_8(block):
            return None
        if _longest_line(block) > MAX_RECORD_BYTES:
            return None
        columns = self._dialect.names
        try:
            table = pacsv.read_csv(
                io.BytesIO(block),
                read_options=pacsv.ReadOptions(column_names=columns, block_size=len(block) + 1, use_threads=False),
                parse_options=pacsv.ParseOptions(delimiter=self._dialect.delimiter, quote_char=False),
                convert_options=pacsv.ConvertOptions(
                    column_types=dict.fromkeys(columns, pa.string()), strings_can_be_null=False
                ),
            )
        except pa.ArrowInvalid:
            return None
        rows = table.num_rows
        if rows != block.count(b"\n") + (not block.endswith(b"\n")):
            return None
        batch = Batch(
            np.arange(self._number, self._number + rows),
            np.arange(self._line, self._line + rows),
            len(block),
            columns={name: _array(table[name]) for name in columns},
            is_text=True,
        )
        self._number += rows
        self._line += rows
        return batch

    def _by_csv(self, size_bytes: int) -> Batch:
        """The records of the lines that were read ahead, and of those after them that the last record needs."""
        numbers, lines, rows = [], [], []
        bad: list[BadRecord] = []
        width = len(self._dialect.names)
        reader = self._dialect.reader(self._feed())
        while self._ahead:
            start = self._line
            self._taken.clear()
            self._taken_size = 0
            try:
                row = next(reader)
            except (csv.Error, _TooLong) as error:
                bad.append(self._broken(start, error))
                reader = self._dialect.reader(self._feed())
                continue
            if not row:
                continue  # a line without anything
            reason = "" if len(row) == width else _width_reason(len(row), width)
            if not (joined := "".join(row)).isascii() and not _is_text(joined):
                reason = "holds a byte that is not text in the encoding of the rest of the file"
            if reason:
                bad.append(unreadable(self._number, start, _shown("".join(self._taken)), reason))
            else:
                numbers.append(self._number)
                lines.append(start)
                rows.append(row)
            self._number += 1
        columns = zip(*rows, strict=True) if rows else ([] for _ in range(width))
        return Batch(
            np.array(numbers, np.int64),
            np.array(lines, np.int64),
            size_bytes,
            columns={
                name: pa.array(column, pa.string()) for name, column in zip(self._dialect.names, columns, strict=True)
            },
            is_text=True,
            bad=bad,
        )

    def _broken(self, start: int, error: Exception) -> BadRecord:
        """Keep a broken record's first line; the lines after it are read again, as records of their own."""
        first, *others = self._taken
        record = unreadable(self._number, start, _shown(first), _broken_reason(error, len(self._taken)))
        self._ahead.extendleft(reversed(others))
        self._line = start + 1
        self._number += 1
        return record

    def _feed(self) -> Iterator[str]:
        while (line := self._next_line()) is not None:
            self._taken.append(line)
            self._taken_size += len(line)
            if self._taken_size > MAX_RECORD_BYTES:
                raise _TooLong
            yield line

    def _next_line(self) -> str | None:
        if not self._ahead:
            block = next(self._blocks, None)
            if block is None:
                return None
            self._ahead.extend(_lines(block))
        self._line += 1
        return self._ahead.popleft()


class _TooLong(Exception):
    """A record that does not end."""


def _broken_reason(error: Exception, lines: int) -> str:
    if isinstance(error, _TooLong):
        if lines == 1:
            return f"is longer than {MAX_RECORD_BYTES} bytes"
        return f"opens a quotation mark that is not closed within {MAX_RECORD_BYTES} bytes"
    if "unexpected end of data" in str(error):
        return "opens a quotation mark that is never closed"
    return f"is not well quoted: {error}"


def _width_reason(width: int, wanted: int) -> str:
    return f"has {width} {'field' if width == 1 else 'fields'} where the header has {wanted}"


def _lines(block: bytes) -> list[str]:
    """The lines of a block, each with its end. Bytes that are no UTF-8 become lone surrogates."""
    return io.StringIO(block.decode("utf-8", "surrogateescape"), newline="").readlines()


def _longest_line(block: bytes) -> int:
    ends = np.flatnonzero(np.frombuffer(block, np.uint8) == ord("\n"))
    return int(np.diff(ends, prepend=-1, append=len(block)).max())


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _shown(line: str) -> str:
    """A line as the quarantine keeps it."""
    return line[:MAX_RECORD_BYTES].rstrip("\r\n").encode("utf-8", "backslashreplace").decode()


def _array(column: pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)


def named(header: list[str], width: int) -> tuple[str, ...]:
    """The names of a header's columns, or of as many columns without header."""
    return tuple(column_names.unique(header or [""] * width))
