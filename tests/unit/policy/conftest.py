"""The whole program as it is deployed in each environment, recorded once for all tests of a file."""

import contextlib
import runpy
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from policy.rules import Resource, Stack
from tests.unit.stack_config import stack_config

ROOT = Path(__file__).parents[3]
OTHERWISE = {
    "network": "create",
    "notification_email": "operations@example.com",
    "api_gateway_logging": "existing",
    "data_access_principal_arns": "arn:aws:iam::123456789012:role/analyst-*",
    "ldap_url": "ldaps://ipa.example.com",
    "ldap_base_dn": "dc=example,dc=com",
    "migration": "cut_over",
    "storefront": "guest",
    "business_name": "Trattoria Demo",
    "storefront_domain": "guests.example.com",
    "storefront_certificate_arn": "arn:aws:acm:us-east-1:123456789012:certificate/4be0643f-1d98-573b-97cd-ca98a65347dd",
}
"""Choices that no environment makes; its sources are the program's, with a webhook and a database among them."""
STACKS = ("dev", "test", "prod", "otherwise")


def settings(stack: str) -> dict[str, str]:
    """The program's configuration in an environment."""
    return OTHERWISE if stack == "otherwise" else stack_config(stack)


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Any]:
    """Runs the program of an environment against the recording engine; the same run for whoever asks again."""
    from tests.unit.components import engine

    @cache
    def run(stack: str, preview: bool = False) -> Any:
        folder = with_more_sources(tmp_path_factory.mktemp(stack)) if stack == "otherwise" else ROOT

        def program() -> None:
            with contextlib.chdir(folder):
                runpy.run_path(str(folder / "__main__.py"))

        return engine.run(program, preview=preview, config=settings(stack), stack=stack, real_arns=True)

    return run


def with_more_sources(folder: Path) -> Path:
    """The program in a folder of its own, where users come by a webhook, and sales from a database."""
    from tests.unit.contracts.test_file_sources import sales

    shutil.copy(ROOT / "__main__.py", folder)
    shutil.copytree(ROOT / "sources", folder / "sources")
    shutil.copytree(ROOT / "web", folder / "web")
    users = folder / "sources" / "users.yaml"
    contract = yaml.safe_load(users.read_text(encoding="utf-8"))
    custom = {
        entry["property"]: entry["value"] for entry in contract["customProperties"] if entry["property"] != "quota"
    }
    custom["authentication"] = "signature"
    contract["customProperties"] = [{"property": name, "value": value} for name, value in custom.items()]
    users.write_text(yaml.safe_dump(contract), encoding="utf-8")
    sales(folder / "sources")
    return folder


@pytest.fixture(scope="session")
def stack_of(recorded: Callable[..., Any]) -> Callable[..., Stack]:
    """The same, as the rules see it."""

    @cache
    def stack(name: str) -> Stack:
        return as_stack(recorded(name))

    return stack


def as_stack(deployment: Any) -> Stack:
    """What rules see of a recorded deployment."""
    return Stack(
        [
            Resource(it.urn, it.type, it.name, it.inputs, it.sources)
            for it in deployment.resources
            if it.type.startswith("aws:")
        ]
    )
