"""`rapid contract detect`: prints or writes a contract, and says what is wrong with a file."""

import pytest
from typer.testing import CliRunner

from contracts import load
from rapid.cli.app import app


def run(*arguments):
    return CliRunner().invoke(app, ["contract", "detect", *map(str, arguments)])


@pytest.fixture
def sales(tmp_path):
    file = tmp_path / "Sales 2026.csv.gz"
    file.write_text("sale_id;total\nA;1.5\nB;2.5\n")
    return file


def test_a_contract_is_printed_for_a_source_named_as_the_file(sales):
    result = run(sales)
    assert result.exit_code == 0
    assert "id: sales_2026" in result.stdout.splitlines()


def test_a_contract_is_written_and_loads(sales, tmp_path):
    assert run(sales, "--output", tmp_path / "sales.yaml").exit_code == 0
    assert load(tmp_path / "sales.yaml").primary_key.name == "sale_id"


def test_a_contract_that_is_there_is_not_overwritten(sales, tmp_path):
    (tmp_path / "sales.yaml").write_text("mine")
    result = run(sales, "--output", tmp_path / "sales.yaml")
    assert (result.exit_code, (tmp_path / "sales.yaml").read_text()) == (1, "mine")
    assert "exists already" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["no-such-file.csv"], "no-such-file.csv: there is no such file"),
        (["{sales}", "--output", "sales.yml"], "a contract's file is called <source>.yaml"),
        (["{sales}", "--output", "a.yaml", "--source", "b"], "name two sources"),
        (["{sales}", "--source", "Sales"], "no contract can be made of it: id: "),
        (["{folder}/empty"], "empty is empty"),
    ],
)
def test_what_cannot_be_detected_is_told_in_one_line(sales, tmp_path, arguments, reason):
    (tmp_path / "empty").write_bytes(b"")
    result = run(*(argument.format(sales=sales, folder=tmp_path) for argument in arguments))
    assert result.exit_code == 1
    assert reason in result.stderr
    assert result.stderr.count("\n") == 1
