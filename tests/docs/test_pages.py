"""Whoever does what a page says gets what it says: every command of it is run, on a stack that is deployed.

A command that fails here is wrong on its page, or takes something for granted: `pages/<page>.yaml` can name it
(page_notes.py has the words).
"""

from pathlib import Path

import pytest

from rapid.cli import job_run
from rapid.cli.job_run import Task
from rapid.cli.target import LocalStack

from .page_notes import commands_to_run
from .reader import changes_the_stack, follow
from .reading import PAGES


@pytest.fixture(scope="module", autouse=True)
def curated(shared_stack: LocalStack) -> None:
    """The stack minutes after its deployment, when the job has made tables and views."""
    assert job_run.run(shared_stack, Task.CURATE, None, lambda _state: None).succeeded


@pytest.mark.parametrize("page", [page for page in PAGES if commands_to_run(page) and not changes_the_stack(page)])
def test_the_commands_of_a_page_do_what_it_says(page: str, stack: LocalStack, tmp_path: Path) -> None:
    follow(page, stack.endpoint_url, tmp_path)
