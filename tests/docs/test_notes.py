"""No command of a page is left out without a reason, and no reason is left of a command that is gone."""

import pytest

from .page_notes import FOLDER, commands_to_run, name, notes
from .reading import PAGES, ROOT, commands, unclear


@pytest.mark.parametrize("page", PAGES)
def test_each_block_of_a_page_says_what_it_is(page: str) -> None:
    assert unclear(page) == []


@pytest.mark.parametrize("page", PAGES)
def test_what_is_known_of_a_page_s_commands_is_about_commands_that_it_has(page: str) -> None:
    texts = [command.text for command in commands(page)]
    assert [key for key in notes(page).keys if not any(text.startswith(key) for text in texts)] == []


@pytest.mark.parametrize("page", PAGES)
def test_values_are_for_words_that_the_page_has(page: str) -> None:
    text = "\n".join(command.text + (command.output or "") for command in commands(page))
    assert [value for value in notes(page).values if value not in text] == []


def test_every_file_of_notes_is_of_a_page() -> None:
    names = [name(page) for page in PAGES]
    assert sorted(set(names)) == sorted(names)
    assert {file.stem for file in FOLDER.iterdir()} <= set(names)


@pytest.mark.parametrize("page", PAGES)
def test_commands_that_another_test_runs_are_in_it(page: str) -> None:
    for command, test in notes(page).elsewhere.items():
        if test in PAGES:
            assert any(run.text.startswith(command) for run in commands_to_run(test)), f"{test} does not have {command}"
            continue
        words = [word for word in command.split()[1:] if word.isidentifier()]
        text = (ROOT / test).read_text(encoding="utf-8")
        assert [word for word in words if word not in text] == [], f"{test} does not run {command}"


@pytest.mark.parametrize("page", PAGES)
def test_a_command_that_is_not_run_has_a_reason(page: str) -> None:
    assert [command for command, reason in notes(page).not_run.items() if len(reason.split()) < 3] == []
