"""`rapid menu rollback`: an older version is uploaded again."""

from collections.abc import Sequence

from ..console import say
from ..errors import CommandError
from .check import checked_menu
from .publish import show_when_seen
from .store import Store, Version, of_stack


def run(store: str, to: str) -> int:
    """Put a version back, and return the exit status. Raises CommandError."""
    menu = of_stack(store)
    found, shown = menu.versions(), menu.shown_version()
    if not found:
        raise CommandError(f"store {store} has no menu that could be put back")
    chosen = _named(found, to) if to else _before(found, shown)
    if chosen.id == shown and chosen is found[0]:
        raise CommandError(f"version {chosen.id} is the newest, and guests see it")
    _require_good(menu, chosen)
    say(f"putting back {chosen.key} of {chosen.uploaded:%Y-%m-%d %H:%M:%S} UTC, version {chosen.id}")
    show_when_seen(menu, menu.put_back(chosen))
    return 0


def _named(found: Sequence[Version], beginning: str) -> Version:
    chosen = [version for version in found if version.id.startswith(beginning)]
    if len(chosen) != 1:
        how_many = "no version begins" if not chosen else f"{len(chosen)} versions begin"
        raise CommandError(f"--to {beginning}: {how_many} so; `rapid menu versions` lists them")
    if chosen[0].is_removal:
        raise CommandError(f"--to {beginning}: that is when the menu was removed; name a version before")
    return chosen[0]


def _before(found: Sequence[Version], shown: str | None) -> Version:
    """The version that guests see, if the newest is another; else the last one that had another content."""
    menus = [version for version in found if not version.is_removal]
    if found[0].id == shown:
        menus = [version for version in menus if version.etag != found[0].etag]
    elif shown:
        menus = [version for version in menus if version.id == shown] or menus
    if not menus:
        raise CommandError("there is no other version; nothing to put back")
    return menus[0]


def _require_good(menu: Store, version: Version) -> None:
    ending = version.key.rpartition(".")[2]
    problems = checked_menu(menu.read(version), ending, menu.languages, menu.currency).problems
    if problems:
        told = "\n".join(f"  {problem}" for problem in problems)
        raise CommandError(f"version {version.id} would be refused; name another by --to:\n{told}")
