"""The same for pages that deploy, destroy or move the clock: on a local cloud of their own, deployed anew for each."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deployed.clouds import deploy, own_cloud

from .page_notes import commands_to_run
from .reader import changes_the_stack, follow
from .reading import PAGES


@pytest.fixture(scope="module")
def cloud() -> Iterator[str]:
    with own_cloud() as url:
        yield url


@pytest.fixture
def url(cloud: str) -> str:
    """The cloud, with the stack `dev` as the project has it."""
    deploy(cloud)
    return cloud


@pytest.mark.parametrize("page", [page for page in PAGES if commands_to_run(page) and changes_the_stack(page)])
def test_the_commands_of_a_page_do_what_it_says(page: str, url: str, tmp_path: Path) -> None:
    follow(page, url, tmp_path)
