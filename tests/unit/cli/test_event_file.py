"""Reading files of events: the three formats, and errors that name file, line and reason."""

from pathlib import Path

import pytest

from rapid.cli.errors import CommandError
from rapid.cli.event_file import EventFile


def written(tmp_path: Path, text: str | bytes) -> Path:
    path = tmp_path / "orders.json"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize(
    ("text", "events"),
    [
        ('{"a": 1}\n{"a": 2}\n', [{"a": 1}, {"a": 2}]),
        ('{"a": 1}\r\n\r\n{"a": 2}', [{"a": 1}, {"a": 2}]),
        ('[{"a": 1}, {"a": 2}]', [{"a": 1}, {"a": 2}]),
        ('[\n {"a": 1},\n {"a": 2}\n]\n', [{"a": 1}, {"a": 2}]),
        ('{"a": 1}', [{"a": 1}]),
        ('{\n  "a": {"b": 1}\n}\n', [{"a": {"b": 1}}]),
        ('\n\n{"a": 1}\n"not an object"\n', [{"a": 1}, "not an object"]),
        ('\ufeff{"a": "Crème"}\n', [{"a": "Crème"}]),
    ],
)
def test_ndjson_arrays_and_single_objects_are_read(tmp_path: Path, text: str, events: list) -> None:
    file = EventFile(written(tmp_path, text))
    assert file.count == len(events)
    assert list(file) == events
    assert list(file) == events, "reading twice gives the same"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"a": 1}\n{"a": \n', "line 2, column 7: is not JSON: Expecting value"),
        ('[{"a": 1},\n {"a" 2}]', "line 2, column 7: is not JSON: Expecting ':' delimiter"),
        ('{"a": 1}\n{"a": NaN}\n', "line 2: NaN is not a JSON value"),
        ('{"a": 1e999}\n', "line 1: the number 1e999 is too large"),
        ("order,price\n", "line 1, column 1: is not JSON: Expecting value"),
        ("", "holds no event"),
        ("[]", "holds no event"),
        (b'{"a": 1}\n{"a": "\xff"}\n', "is not UTF-8 text"),
    ],
)
def test_an_unreadable_file_is_refused_naming_file_line_and_reason(
    tmp_path: Path, text: str | bytes, reason: str
) -> None:
    path = written(tmp_path, text)
    with pytest.raises(CommandError) as refused:
        EventFile(path)
    assert str(refused.value).startswith(str(path))
    assert reason in str(refused.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"nothing.json cannot be read: No such file or directory"):
        EventFile(tmp_path / "nothing.json")
