"""Files as they landed: whether the person is in one, and which of its rows are the person's."""

import gzip
import tempfile
import zlib
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from etl.files.recognise import recognise
from etl.files.records import Batch, Refused
from etl.forget.looks import Look
from etl.forget.person import Person


def in_file(person: Person, body: bytes, file_id: str, known: tuple[str, ...]) -> Look:
    """Look through a file of any format that the files job takes; `known` are the names of its contract's fields.

    A file in which the person is goes as a whole: its other rows are in the tables. One that cannot be read goes if the
    value stands in it.
    """
    look = Look(rest=body)
    with tempfile.TemporaryDirectory(prefix="rapid-forget-") as name:
        folder = Path(name)
        (folder / "landed").write_bytes(body)
        try:
            for batch in recognise(folder / "landed", folder, known).batches():
                numbers = _numbers(person, batch)
                look.ids |= {f"{file_id}-{number}" for number in numbers}
                look.is_hit |= bool(numbers)
        except (ArithmeticError, LookupError, RecursionError, TypeError, ValueError, Refused, pa.ArrowException):
            # No reader promises what it raises for bytes that somebody made up; nor do these rows become events.
            look.is_hit |= person.is_in_text(_plain(body))
    if look.is_hit:
        look.rest = None
    return look


def _numbers(person: Person, batch: Batch) -> list[int]:
    """The numbers of the person's records."""
    numbers = batch.numbers.tolist()
    if batch.columns is not None:
        columns = {name: _trimmed(column) if batch.is_text else column for name, column in batch.columns.items()}
        wanted = person.columns(list(columns))
        mask = person.rows(pa.table({name: columns[name] for name in wanted})).to_pylist() if wanted else []
        found = [number for number, is_persons in zip(numbers, mask, strict=False) if is_persons]
    else:
        events = zip(numbers, batch.events or [], strict=True)
        found = [number for number, event in events if isinstance(event, dict) and person.has(event)]
    # A record that is no row is in quarantine as its text.
    return found + [bad.number for bad in batch.bad if person.is_in_text(str(bad.event).encode(errors="replace"))]


def _trimmed(column: pa.Array) -> pa.Array:
    return pc.utf8_trim_whitespace(column) if pa.types.is_string(column.type) else column


def _plain(body: bytes) -> bytes:
    try:
        return gzip.decompress(body)
    except (OSError, EOFError, zlib.error):
        return body
