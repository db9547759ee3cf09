"""Reading a file of events: NDJSON (one object a line), a JSON array, or one JSON object."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .errors import CommandError


class EventFile:
    """A file of events, read and checked to its end before anything is sent: an error sends nothing."""

    def __init__(self, path: Path) -> None:
        """Raises CommandError naming the file, the line and the reason for what is not JSON."""
        self._path = path
        self._whole = self._read_whole()
        self.count = sum(1 for _ in self)
        """Number of events."""
        if not self.count:
            raise CommandError(f"{path} holds no event")

    def __iter__(self) -> Iterator[Any]:
        """The events, in the file's order; a large NDJSON file is never in memory at once."""
        return iter(self._whole) if self._whole is not None else self._lines()

    def _read_whole(self) -> list[Any] | None:
        """The events of a JSON document, or None for NDJSON."""
        text = self._text_unless_ndjson()
        if text is None:
            return None
        try:
            value = _parse(text)
        except json.JSONDecodeError as error:
            raise CommandError(
                f"{self._path}, line {error.lineno}, column {error.colno}: is not JSON: {error.msg}"
            ) from None
        except ValueError as error:
            raise CommandError(f"{self._path}: {error}") from None
        return value if isinstance(value, list) else [value]

    def _text_unless_ndjson(self) -> str | None:
        """The whole text, or None where the first line is an object by itself and more follows."""
        try:
            with self._path.open(encoding="utf-8-sig") as file:
                first = next((line for line in file if line.strip()), "")
                if first.lstrip().startswith("{") and first.rstrip().endswith("}"):
                    return None
            return self._path.read_text(encoding="utf-8-sig") if first else "[]"
        except OSError as error:
            raise CommandError(f"{self._path} cannot be read: {error.strerror}") from None
        except UnicodeDecodeError as error:
            raise CommandError(f"{self._path} is not UTF-8 text (byte {error.start})") from None

    def _lines(self) -> Iterator[Any]:
        try:
            with self._path.open(encoding="utf-8-sig") as file:
                for number, line in enumerate(file, start=1):
                    if line.strip():
                        yield self._line(number, line.rstrip("\r\n"))
        except UnicodeDecodeError as error:
            raise CommandError(f"{self._path} is not UTF-8 text (byte {error.start} of a block)") from None

    def _line(self, number: int, line: str) -> Any:
        try:
            return _parse(line)
        except json.JSONDecodeError as error:
            raise CommandError(f"{self._path}, line {number}, column {error.colno}: is not JSON: {error.msg}") from None
        except ValueError as error:
            raise CommandError(f"{self._path}, line {number}: {error}") from None


def _parse(text: str) -> Any:
    return json.loads(text, parse_constant=_refuse_constant, parse_float=_finite)


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a JSON value")


def _finite(literal: str) -> float:
    value = float(literal)
    if value - value != 0:
        raise ValueError(f"the number {literal} is too large")
    return value
