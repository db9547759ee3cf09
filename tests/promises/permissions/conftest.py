"""The stack whose permissions are taken away."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from rapid.cli.target import LocalStack

from .permissions import Bench, LogFile


@pytest.fixture
def bench(own_stack: LocalStack, cloud_log: Path) -> Iterator[Bench]:
    """The stack, with all that it holds delivered afterwards, whatever a denial held back."""
    yield Bench(own_stack, LogFile(cloud_log))
    own_stack.flush()
