"""What a page's commands need to be run: `pages/errors.yaml` for docs/errors.md. Most pages need none.

```yaml
values:        # what stands for a placeholder or an example; "$(…)" is run in the page's shell when it is first met
               # (a command asks nobody here: let a value bring `--force`)
  SOURCE: orders
  EVENT_ID: $(rapid errors list --json | jq -r '.[0].example')
before: |      # run first, in the same shell: what the page takes for granted
  rapid send orders --count 5 && rapid local flush
last:          # beginnings of commands that run after all others, since they take the stack away
  - rapid teardown
status:        # commands, in full, that are to end with another status than 0
  rapid counts orders: 1
elsewhere:     # commands that another test runs: its file, which has the command's first words, or a page
  rapid local up: tests/integration/test_local_up.py
not_run:       # commands that cannot be run here, and why
  pulumi login: asks Pulumi's service for an account
```

Keys are beginnings of commands as the page has them. One that no command of the page begins with fails.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from .reading import Command, commands

FOLDER = Path(__file__).parent / "pages"


@dataclass(frozen=True)
class Notes:
    """What is known of a page beside its text."""

    values: Mapping[str, str] = field(default_factory=dict)
    before: str = ""
    last: Sequence[str] = ()
    status: Mapping[str, int] = field(default_factory=dict)
    elsewhere: Mapping[str, str] = field(default_factory=dict)
    not_run: Mapping[str, str] = field(default_factory=dict)

    @property
    def keys(self) -> list[str]:
        """All beginnings of commands that the notes have."""
        return [*self.last, *self.status, *self.elsewhere, *self.not_run]

    def runs(self, command: Command) -> bool:
        """Whether the command is run here."""
        return not any(command.text.startswith(key) for key in (*self.not_run, *self.elsewhere))

    def is_last(self, command: Command) -> bool:
        """Whether it has to wait for all others."""
        return any(command.text.startswith(key) for key in self.last)

    def status_of(self, command: Command) -> int:
        """How it should end."""
        return self.status.get(command.text, 0)


def name(page: str) -> str:
    """What a page's notes are called."""
    path = Path(page)
    return path.stem if path.stem != "README" or path.parent == Path() else path.parent.name


@cache
def notes(page: str) -> Notes:
    """A page's notes. Raises TypeError for a word that notes do not have."""
    file = FOLDER / f"{name(page)}.yaml"
    said: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8")) if file.exists() else {}
    if unknown := set(said) - {known.name for known in fields(Notes)}:
        raise TypeError(f"{file.name}: no such word: {', '.join(sorted(unknown))}")
    return Notes(**said)


def commands_to_run(page: str) -> list[Command]:
    """The commands of a page that are run here, in the order in which they are."""
    known = notes(page)
    found: list[Command] = []
    said: set[str] = set()
    for command in commands(page):
        if known.runs(command) and (command.text not in said or command.output):
            found.append(command)
        said.add(command.text)
    return sorted(found, key=known.is_last)
