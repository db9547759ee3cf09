"""`rapid menu publish`: check, upload, wait until guests see it."""

from pathlib import Path

from ..console import say
from .check import is_good, read
from .store import Store, of_stack


def run(path: Path, store: str) -> int:
    """Publish a file as the menu of a store, and return the exit status. Raises CommandError."""
    file, menu = read(path), of_stack(store)
    if not is_good(file, menu.languages, menu.currency):
        return 1
    show_when_seen(menu, menu.upload(file.content, file.ending))
    return 0


def show_when_seen(menu: Store, version: str) -> None:
    """Wait until guests see a version, and say where. Raises CommandError."""
    seconds = menu.wait_until_shown(version)
    say(f"live after {seconds:.1f} s: version {version}")
    for address in menu.addresses():
        say(f"  {address}")
