"""What the documents say is so: configuration keys, commands, options, files."""

import re
import shlex
from pathlib import Path

import pytest
import yaml
from typer.main import get_command

from rapid.cli.app import app

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
CONFIG = yaml.safe_load((ROOT / "Pulumi.yaml").read_text(encoding="utf-8"))["config"]
RAPID = re.compile(r"\brapid (?:local|outputs|send|query|etl|counts)\b[^`|)\n]*")


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
        for word in shlex.split(line.replace("[", " ").replace("]", " "), posix=False)[1:]:
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
    links = [link for link in re.findall(r"\]\(([^)#]+)", text) if "://" not in link]
    assert [link for link in links if not (document.parent / link).exists()] == []


def test_the_map_of_the_house_names_every_room() -> None:
    rooms = {path.name for path in ROOT.iterdir() if path.is_dir() and list(path.glob("**/*.py"))}
    rooms -= {name for name in rooms if name.startswith(".") or name.endswith(".egg-info")} | {"venv", "build"}
    assert {room for room in rooms if f"`{room}/" not in CONTRIBUTING} == set()


def test_decisions_are_numbered_without_repeats() -> None:
    numbers = [path.name[:4] for path in sorted((ROOT / "docs" / "decisions").glob("*.md"))]
    assert all(number.isdigit() for number in numbers)
    assert len(set(numbers)) == len(numbers)
