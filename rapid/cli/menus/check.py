"""`rapid menu check`: the same check as before publishing, without a stack."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..console import number_of, say, say_error
from ..errors import CommandError
from ..stack_settings import settings_of
from .menu_code import module


@dataclass(frozen=True)
class MenuFile:
    """A file with a menu, good or bad."""

    path: Path
    content: bytes

    @property
    def ending(self) -> str:
        """`json` or `csv`."""
        return self.path.suffix.lower().removeprefix(".")


def run(path: Path) -> int:
    """Check a file by the configuration of the stack, and return the exit status."""
    settings = settings_of()
    languages = [code.strip() for code in settings.get("languages").split(",") if code.strip()]
    return 0 if is_good(read(path), languages or ["en"], settings.get("currency") or "USD") else 1


def read(path: Path) -> MenuFile:
    """Read a file. Raises CommandError if there is none, or its name does not say what it is."""
    endings = module("menu_file").READERS
    if path.suffix.lower().removeprefix(".") not in endings:
        raise CommandError(f"{path}: a menu is a file that ends in {' or '.join('.' + each for each in endings)}")
    try:
        return MenuFile(path, path.read_bytes())
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}") from None


def is_good(file: MenuFile, languages: Sequence[str], currency: str) -> bool:
    """Whether it is a menu; says what it holds, or all that is wrong with it."""
    checked = checked_menu(file.content, file.ending, languages, currency)
    if not checked.menu:
        say_error(f"{file.path}: {number_of(len(checked.problems), 'problem')}")
        for problem in checked.problems:
            say_error(f"  {problem}")
        return False
    sections = checked.menu.sections
    held = f"{number_of(len(sections), 'section')}, {number_of(sum(len(each.items) for each in sections), 'item')}"
    say(f"{file.path}: {held}; languages {', '.join(languages)}, prices in {currency}")
    for remark in checked.remarks:
        say(f"  {remark}")
    return True


def checked_menu(content: bytes, ending: str, languages: Sequence[str], currency: str) -> Any:
    """What the function that publishes makes of a file."""
    return module("menu_file").check(content, ending, module("menu_model").Rules(tuple(languages), currency))
