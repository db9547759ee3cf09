"""The contracts that commands work by."""

import shutil
from pathlib import Path

import pytest

from rapid.cli import project
from rapid.cli.errors import CommandError


@pytest.fixture(autouse=True)
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside orders, a source whose contract cannot be used."""
    folder = tmp_path / "sources"
    folder.mkdir()
    shutil.copy(project.ROOT / "sources" / "orders.yaml", folder)
    (folder / "reservations.yaml").write_text("id: [")
    monkeypatch.setattr(project, "ROOT", tmp_path)


def test_a_contract_that_cannot_be_used_stops_its_own_source_alone() -> None:
    assert project.contract_of("orders").source == "orders"
    with pytest.raises(CommandError, match=r"reservations\.yaml: line 1"):
        project.contract_of("reservations")


def test_a_source_that_there_is_not_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(CommandError, match="there is no source 'clicks'; known are: orders, reservations"):
        project.contract_of("clicks")
