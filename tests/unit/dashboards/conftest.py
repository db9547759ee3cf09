"""Fixtures of the tests that ask what dashboards ask."""

from collections.abc import Iterator

import pytest

from .tables import Tables


@pytest.fixture(scope="module")
def tables() -> Iterator[Tables]:
    """The tables of the sources, for the tests of one file."""
    made = Tables()
    yield made
    made.rig.close()
