"""Somebody who does what a page says: in a copy of the project, with a shell, on a local cloud that is up."""

import os
import re
import shlex
import shutil
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

from .page_notes import commands_to_run, notes
from .reading import ROOT, Command
from .shape import difference
from .shell import Shell

CLIENTS = ROOT / ".venv" / "clients" / "bin"
_ADDRESS = "http://127.0.0.1:4566"
_NOT_COPIED = (".*", "tests", "bench", "*.egg-info", "build")
_CHANGE = re.compile(r"pulumi up|rapid local (?:deploy|tick)|rapid teardown|rapid\.local\.deploy")


class Wrong(AssertionError):
    """A command of a page did not do what the page says."""


def changes_the_stack(page: str) -> bool:
    """Whether doing what the page says leaves another stack, or none."""
    texts = [notes(page).before, *(command.text for command in commands_to_run(page))]
    return any(map(_CHANGE.search, texts))


def follow(page: str, url: str, folder: Path) -> None:
    """Do what a page says. Raises Wrong for the first command that ends or prints otherwise than the page says."""
    project = _copy_of_the_project(folder / "project")
    (folder / "home").mkdir()
    with Shell(project, _environment(project, folder / "home", url)) as shell:
        values = Values(shell, {_ADDRESS: url, **notes(page).values})
        if notes(page).before:
            _do(shell, Command(page, 0, notes(page).before), values)
        for command in commands_to_run(page):
            _do(shell, command, values)


class Values:
    """What stands for the placeholders of a page; looked up when one is first met."""

    def __init__(self, shell: Shell, values: dict[str, str]) -> None:
        self._shell, self._values = shell, values
        self._found: dict[str, str] = {}
        names = sorted(map(re.escape, values), key=len, reverse=True)
        self._names = re.compile(rf"(?<![\w-])(?:{'|'.join(names)})(?![\w-])")

    def put_into(self, text: str) -> str:
        """The text with values in the place of its placeholders."""
        return self._names.sub(lambda name: self._value(name[0]), text)

    def _value(self, name: str) -> str:
        if name not in self._found:
            value = self._values[name]
            if "$(" in value:
                ended = self._shell.run(f'printf %s "{value}"')
                if ended.status or not ended.output:
                    raise Wrong(f"{name} has no value: {value}\n{ended.errors}")
                value = ended.output
            self._found[name] = value
        return self._found[name]


def _do(shell: Shell, command: Command, values: Values) -> None:
    known = notes(command.page)
    text, status = values.put_into(command.text), known.status_of(command)
    try:
        ended = shell.run(text)
    except TimeoutError as error:
        raise Wrong(f"{command}\n{error}") from None
    done = f"{command}\n$ {text}\n{ended.output}{ended.errors}"
    if ended.status != status:
        raise Wrong(f"{done}\nended with status {ended.status}, not {status}")
    if command.output and (line := difference(values.put_into(command.output), ended.output)):
        raise Wrong(f"{done}\nwas not printed where the page has it:\n{line}")


def _copy_of_the_project(folder: Path) -> Path:
    """What a page may change: the project as it is checked out, with a `.venv` of its own."""
    shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(*_NOT_COPIED))
    commands = folder / ".venv" / "bin"
    commands.mkdir(parents=True)
    for name, line in _programs():
        program = commands / name
        program.write_text(f"#!/bin/sh\n{line}\n", encoding="utf-8")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return folder


def _programs() -> Iterator[tuple[str, str]]:
    """Programs of pages that are not what the machine has by that name."""
    python = shlex.quote(sys.executable)
    yield "python", f'exec {python} "$@"'
    yield "rapid", f'exec {python} -m rapid "$@"'
    yield "pulumi", f'exec {python} {shlex.quote(str(Path(__file__).with_name("pulumi_stand_in.py")))} "$@"'
    for changing in ("make", "apt-get", "pip"):
        yield changing, f"echo 'tests/docs does not run {changing}: name another test, or the reason' >&2; exit 2"


def _environment(project: Path, home: Path, url: str) -> dict[str, str]:
    path = [str(project / ".venv" / "bin"), str(CLIENTS), os.environ["PATH"]]
    return {
        "HOME": str(home),
        "PATH": os.pathsep.join(path),
        "PYTHONPATH": str(project),
        "LANG": "C.UTF-8",
        "COLUMNS": "130",
        "PULUMI_STACK": "dev",
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
