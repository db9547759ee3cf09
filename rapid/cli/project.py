"""The checkout that this command belongs to: its Pulumi program and its contracts."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import contracts
from contracts import Contract, ContractError

from .errors import CommandError

ROOT = Path(__file__).resolve().parents[2]
"""The folder of `Pulumi.yaml`; the command is installed from a checkout (`make local` does it)."""


def all_contracts() -> tuple[Contract, ...]:
    """Every source's contract. Raises CommandError for an invalid one."""
    try:
        return contracts.load_all(ROOT / "sources")
    except ContractError as error:
        raise CommandError(str(error)) from None


def sources() -> list[str]:
    """The names of all sources, whether their contracts can be used or not."""
    return sorted(file.stem for file in (ROOT / "sources").glob("*.yaml"))


def contract_of(source: str) -> Contract:
    """One source's contract, whatever is wrong with others. Raises CommandError naming the sources that there are."""
    if source not in sources():
        raise CommandError(f"there is no source {source!r}; known are: {', '.join(sources())}")
    try:
        return contracts.load(ROOT / "sources" / f"{source}.yaml")
    except ContractError as error:
        raise CommandError(str(error)) from None


def require_deployed(wanted: Iterable[Contract], outputs: Mapping[str, Any]) -> None:
    """Raise CommandError for contracts whose sources a stack, by its outputs, does not have yet."""
    missing = sorted({contract.source for contract in wanted} - {*outputs.get("sources", ())})
    if missing:
        raise CommandError(
            f"not deployed: {', '.join(missing)}; deploy: `pulumi up`, or `rapid local deploy` on a local cloud, "
            "with it in the config key sources, if that chooses some"
        )


def region_of(stack: str) -> str:
    """The region that a stack is for. Raises CommandError if the project has no such stack, or none for it."""
    from rapid.local.deploy.errors import ConfigurationError
    from rapid.local.deploy.project import read_project

    try:
        return read_project(ROOT, stack).region
    except ConfigurationError as error:
        raise CommandError(str(error)) from None


def name() -> str:
    """Name of the Pulumi project. Raises CommandError if its file has none."""
    import yaml

    file = ROOT / "Pulumi.yaml"
    try:
        return str(yaml.safe_load(file.read_text(encoding="utf-8"))["name"])
    except (OSError, yaml.YAMLError, KeyError, TypeError):
        raise CommandError(f"{file} has no `name`; it must be the project's") from None
