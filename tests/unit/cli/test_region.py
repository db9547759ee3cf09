"""Which region the commands and their local cloud are in: that of the stack."""

from pathlib import Path

import pytest

from rapid.cli import project
from rapid.cli.errors import CommandError
from rapid.cli.target import LocalStack

from .conftest import Cloud


def test_the_region_of_a_stack_is_that_of_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: rapid-analytics\nruntime: python\n")
    (tmp_path / "Pulumi.bistro.yaml").write_text("config:\n  aws:region: eu-central-1\n")
    monkeypatch.setattr(project, "ROOT", tmp_path)
    assert project.region_of("bistro") == "eu-central-1"
    with pytest.raises(CommandError, match=r"Pulumi\.cafe\.yaml does not exist; .*bistro"):
        project.region_of("cafe")


def test_clients_are_of_the_region_that_the_local_cloud_is_in(cloud: Cloud) -> None:
    cloud.region = "eu-central-1"
    assert LocalStack(cloud.server.url).client("s3").meta.region_name == "eu-central-1"
