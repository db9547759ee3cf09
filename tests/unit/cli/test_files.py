"""What is said of files, where a person would look for their rows in vain."""

import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from etl.files.places import LandedFile
from rapid.cli import files, target

LANDED = LandedFile("orders", "one", "big.csv", "one", "etag", 7, datetime.datetime(2026, 3, 14, 18, 30))
OUTPUTS = {"files_bucket": "files-1", "ingest_url": "http://127.0.0.1:1", "sources": ["clickstream", "orders"]}


@pytest.fixture
def reported(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The report of the file that landed, for a test to fill."""
    report: dict[str, Any] = {"source": "orders", "key": LANDED.key, "state": "done"}
    stack = SimpleNamespace(masked_outputs=OUTPUTS, client=lambda _service: None)
    monkeypatch.setattr(target, "find", lambda: stack)
    monkeypatch.setattr(files, "landed", lambda _s3, _bucket: [LANDED])
    monkeypatch.setattr(files, "_reports", lambda *_: {LANDED.report_key: report})
    return report


@pytest.mark.parametrize(("quarantined", "is_told"), [(2, True), (0, False)])
def test_where_the_reasons_of_quarantined_rows_are_is_told(
    reported: dict[str, Any], capsys: pytest.CaptureFixture[str], quarantined: int, is_told: bool
) -> None:
    reported["quarantined"] = quarantined
    files.show("one")
    assert ("`rapid errors list orders` says why" in capsys.readouterr().out) == is_told


def test_a_contract_that_is_proposed_is_told_with_its_bucket(
    reported: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    reported["detected"] = "detected/orders/one.yaml"
    files.show("one")
    assert "s3://files-1/detected/orders/one.yaml" in capsys.readouterr().out


@pytest.mark.parametrize(("source", "said"), [("ordes", "'ordes' is not known; near: orders"), ("orders", "")])
def test_a_file_for_a_source_that_there_is_not_is_told_before_it_is_sent(
    reported: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    source: str,
    said: str,
) -> None:
    uploaded = SimpleNamespace(was_stored=False, file_id="one", repeats=0)
    upload = SimpleNamespace(send=lambda *_: uploaded, close=lambda: None)
    monkeypatch.setattr(files, "FileUpload", lambda *_: upload)
    monkeypatch.setattr(files.credentials, "signature", lambda *_: None)
    (tmp_path / "big.csv").write_text("a;b\n")
    assert files.send(source, tmp_path / "big.csv") == 0
    told = capsys.readouterr().err
    assert said in told
    assert ("a contract is proposed for it" in told) == bool(said)
