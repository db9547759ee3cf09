"""Rows on a terminal."""

import sys

import pytest

from rapid.cli.athena import Column, Result
from rapid.cli.rows import print_table

ID = "55a61aae89d44126195016058bb818b7"


@pytest.mark.parametrize("columns", [1, 6], ids=["a table", "too many columns"])
def test_an_id_stays_whole_on_a_narrow_terminal(
    columns: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "80")
    named = tuple(Column(f"id {number}", "varchar") for number in range(columns))
    print_table(Result((*named, Column("reason", "varchar")), [(*[ID] * columns, "no such thing, " * 9)], 0))
    assert capsys.readouterr().out.count(ID) == columns
