"""Following the deployer, here a script of the test's own that prints what the real one would."""

import sys
from pathlib import Path

import pytest

from rapid.cli import deployment
from rapid.cli.errors import CommandError


@pytest.fixture
def deployer_printing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def prepare(*lines: str, status: int = 0) -> deployment.Deployer:
        script = tmp_path / "deployer.py"
        script.write_text(f"import sys\nfor line in {lines!r}:\n    print(line)\nsys.exit({status})\n")
        monkeypatch.setattr(deployment, "PROGRAM", (sys.executable, str(script)))
        return deployment.Deployer("dev", "http://127.0.0.1:1")

    return prepare


def test_each_resource_is_told_and_counted(deployer_printing) -> None:
    told: list[str] = []
    count = deployer_printing(
        '{"event": "resource", "type": "aws:s3/bucket:Bucket", "name": "raw", "status": "created"}',
        '{"event": "resource", "type": "aws:sqs/queue:Queue", "name": "dead", "status": "created"}',
        '{"event": "done", "outputs": {}}',
    ).wait(told.append)
    assert (count, told) == (2, ["  1 aws:s3/bucket:Bucket raw", "  2 aws:sqs/queue:Queue dead"])


def test_every_failure_is_in_the_error(deployer_printing) -> None:
    deployer = deployer_printing(
        '{"event": "resource", "type": "aws:s3/bucket:Bucket", "name": "raw", "status": "failed", "error": "no"}',
        '{"event": "failed", "failures": [{"type": "aws:s3/bucket:Bucket", "name": "raw", "error": "no"}, '
        '{"type": "", "name": "", "error": "and more"}]}',
        status=1,
    )
    with pytest.raises(CommandError, match="not deployed:\n  aws:s3/bucket:Bucket raw: no\n  and more"):
        deployer.wait(lambda _what: None)


def test_a_deployer_that_dies_without_a_word_is_an_error_with_its_status(deployer_printing) -> None:
    with pytest.raises(CommandError, match="the deployer ended with status 3"):
        deployer_printing(status=3).wait(lambda _what: None)


def test_a_deployer_that_ends_without_saying_done_is_an_error(deployer_printing) -> None:
    with pytest.raises(CommandError, match="the deployer ended with status 0"):
        deployer_printing().wait(lambda _what: None)


def test_what_the_program_itself_prints_is_passed_on(deployer_printing, capsys: pytest.CaptureFixture[str]) -> None:
    deployer_printing("hello from the program", '{"event": "done", "outputs": {}}').wait(lambda _what: None)
    assert capsys.readouterr().err == "hello from the program\n"
