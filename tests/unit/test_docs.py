"""What the documents say is so: configuration keys, commands, options, files."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from typer.main import get_command

from rapid.cli.app import app
from tests.local_cloud_page import Behaviour, are_all, behaviours_of, problems, render, sentence

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
CONFIG = yaml.safe_load((ROOT / "Pulumi.yaml").read_text(encoding="utf-8"))["config"]
RAPID = re.compile(rf"\brapid (?:{'|'.join(get_command(app).commands)})\b[^`|)\n]*")


def mentioned(text: str) -> list[str]:
    """The `rapid` commands that a text mentions, without prose around them."""
    return [match[0].strip() for match in RAPID.finditer(text)]


def row(key: str) -> str:
    """A key's row of the README's table, as its declaration in Pulumi.yaml makes it."""
    default = CONFIG[key].get("default")
    shown = "" if default in (None, "") else f"`{default}`"
    return f"| `{key}` | {shown} | {CONFIG[key]['description'].strip()} |"


@pytest.mark.parametrize("key", CONFIG)
def test_the_readme_says_what_pulumi_yaml_declares(key: str) -> None:
    assert row(key) in README


def test_the_readme_has_no_key_that_is_not_declared() -> None:
    table = README.partition("## Configuration")[2].partition("##")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == set(CONFIG)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_make_target_that_is_mentioned_exists(document: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    text = document.read_text(encoding="utf-8")
    assert set(re.findall(r"(?:`|^    )make ([a-z]+)", text, re.MULTILINE)) <= targets


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_command_and_option_that_is_mentioned_exists(document: Path) -> None:
    for line in mentioned(document.read_text(encoding="utf-8")):
        command = get_command(app)
        for word in line.replace("[", " ").replace("]", " ").split()[1:]:
            if word in getattr(command, "commands", {}):
                command = command.commands[word]
            elif word.startswith("--"):
                options = {name for option in command.params for name in (*option.opts, *option.secondary_opts)}
                assert word.rstrip('",.;') in options, f"{document.name}: {line}: no {word}"


def test_every_command_is_in_the_readme() -> None:
    for name, command in get_command(app).commands.items():
        for path in [f"rapid {name} {sub}" for sub in getattr(command, "commands", {})] or [f"rapid {name}"]:
            assert f"`{path}" in README


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_linked_file_exists(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)#\s]+)", text) if "://" not in link]
    assert [link for link in links if not (document.parent / link).exists()] == []


def test_the_map_of_the_house_names_every_room() -> None:
    rooms = {path.name for path in ROOT.iterdir() if path.is_dir() and list(path.glob("**/*.py"))}
    rooms -= {name for name in rooms if name.startswith(".") or name.endswith(".egg-info")} | {"venv", "build"}
    assert {room for room in rooms if f"`{room}/" not in ARCHITECTURE} == set()


def test_every_file_and_folder_on_the_walk_through_the_house_exists() -> None:
    places = re.findall(r"`((?:\w+/)+[\w.]*|\w+\.(?:py|yaml))`", ARCHITECTURE)
    assert [place for place in places if not any([*ROOT.glob(place), *ROOT.glob(f"[!.]*/**/{place}")])] == []


def test_decisions_are_numbered_without_repeats() -> None:
    numbers = [path.name[:4] for path in sorted((ROOT / "docs" / "decisions").glob("*.md"))]
    assert all(number.isdigit() for number in numbers)
    assert len(set(numbers)) == len(numbers)


def test_the_page_of_the_local_cloud_is_what_the_tests_say(tmp_path: Path, collected_tests: list[pytest.Item]) -> None:
    kept = (ROOT / "docs" / "local-cloud.md").read_text(encoding="utf-8")
    if are_all(collected_tests):
        page = render(behaviours_of(collected_tests))
    else:
        page = _page_of_all_tests(tmp_path / "local-cloud.md")
    assert page == kept, "docs/local-cloud.md is not up to date: make docs writes it"


def _page_of_all_tests(page: Path) -> str:
    """The page as a process writes it that collects all tests, which takes seconds: this run is of some."""
    written = subprocess.run(
        [sys.executable, "-m", "tests.local_cloud_page", page], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert written.returncode == 0, written.stdout + written.stderr
    return page.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("marker", "problem"),
    [
        (("S4", "Objects", "https://docs.aws.amazon.com/a.html"), "the service 'S4' is not one"),
        (("S3", "", "https://docs.aws.amazon.com/a.html"), "names no feature"),
        (("S3", "Objects", "docs.aws.amazon.com/a.html"), "is not the https:// address"),
        (("S3", "Objects", ""), "is not the https:// address"),
    ],
)
def test_a_marker_that_cannot_be_shown_on_the_page_is_told(marker: tuple[str, str, str], problem: str) -> None:
    [found] = problems(Behaviour(*marker, file="tests/test_a.py", test="test_a"))
    assert problem in found


def test_the_names_of_tests_read_as_sentences() -> None:
    assert sentence("aws_s_limit_of_6_mib_is_lambdas_too") == "AWS's limit of 6 MiB is Lambda's too"
