"""Fixtures of the tests that run a piece of the Pulumi program."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def deploy() -> Callable[..., Any]:
    """Runs a function as a stack's program against a recording engine; see tests/unit/components/engine.py."""
    from tests.unit.components import engine  # the provider's package takes a second to import

    return engine.run


@pytest.fixture
def load(deploy: Callable[..., Any]) -> Callable[..., Any]:
    """The settings of a stack with some configuration."""
    import settings

    def run(**config: str) -> Any:
        found: list[Any] = []
        deploy(lambda: found.append(settings.load()), config=config)
        return found[0]

    return run


@pytest.fixture(params=[False, True], ids=["update", "preview"])
def preview(request: pytest.FixtureRequest) -> bool:
    """Whether the program runs as `pulumi preview`, where what AWS computes is unknown."""
    return request.param


@pytest.fixture
def orders() -> Any:
    """The contract of the source orders."""
    import contracts

    return contracts.load(ROOT / "sources" / "orders.yaml")
