"""Which sources commands are about, where a stack's configuration chooses some."""

from pathlib import Path

import pytest

from rapid.cli import project
from rapid.cli.chosen_sources import contracts_by, contracts_of
from rapid.cli.errors import CommandError
from rapid.cli.stack_settings import settings_of
from rapid.cli.target import AwsStack, LocalStack

ROOT = project.ROOT
ALL = sorted(file.stem for file in (ROOT / "sources").glob("*.yaml"))


@pytest.fixture(autouse=True)
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("sources", "Pulumi.yaml", "Pulumi.prod.yaml"):
        (tmp_path / name).symlink_to(ROOT / name)
    monkeypatch.setattr(project, "ROOT", tmp_path)
    return tmp_path


def choose(checkout: Path, sources: str, stack: str = "bella") -> None:
    config = f"config:\n  aws:region: us-east-1\n  rapid-analytics:sources: {sources}\n"
    (checkout / f"Pulumi.{stack}.yaml").write_text(config)


def named(contracts) -> list[str]:
    return [contract.source for contract in contracts]


def test_a_stack_that_chooses_none_has_all() -> None:
    assert named(contracts_by(settings_of("prod"))) == ALL
    assert named(contracts_of(LocalStack("http://127.0.0.1:1", "prod"))) == ALL


def test_a_stack_has_those_that_it_chooses_on_a_local_cloud_and_on_aws(checkout: Path) -> None:
    choose(checkout, "feedback, clickstream")
    aws = AwsStack()
    vars(aws)["masked_outputs"] = {"stack_tag": "rapid-analytics/bella"}
    for stack in (LocalStack("http://127.0.0.1:1", "bella"), aws):
        assert named(contracts_of(stack)) == ["clickstream", "feedback"]


def test_a_stack_whose_file_the_checkout_does_not_have_has_all() -> None:
    assert named(contracts_of(LocalStack("http://127.0.0.1:1", "elsewhere"))) == ALL


def test_a_chosen_source_that_is_gone_is_named_with_the_file(checkout: Path) -> None:
    choose(checkout, "feedback,surveys")
    with pytest.raises(CommandError, match=r"Pulumi\.bella\.yaml: sources names surveys, which sources/ does not have"):
        contracts_by(settings_of("bella"))
