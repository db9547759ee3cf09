"""`rapid menu versions`: what was uploaded for a store, and what guests see of it."""

from ..athena import Column, Result
from ..console import number_of
from ..errors import CommandError
from ..rows import as_json_text, print_table
from .check import checked_menu
from .store import Store, Version, of_stack

_COLUMNS = (
    Column("version", "varchar"),
    Column("uploaded", "varchar"),
    Column("file", "varchar"),
    Column("bytes", "integer"),
    Column("state", "varchar"),
)


def run(store: str, *, as_json: bool) -> None:
    """Print the versions, the newest first. Raises CommandError if there is none."""
    menu = of_stack(store)
    found, shown = menu.versions(), menu.shown_version()
    if not found:
        raise CommandError(f"store {store} has no menu; `rapid menu publish FILE --store {store}` publishes one")
    rows: list[tuple[str | None, ...]] = [
        (
            version.id,
            f"{version.uploaded:%Y-%m-%d %H:%M:%S}",
            version.key,
            None if version.is_removal else str(version.size_bytes),
            _state(menu, version, shown, is_newest=version is found[0]),
        )
        for version in found
    ]
    result = Result(_COLUMNS, rows, 0)
    if as_json:
        print(as_json_text(result))
    else:
        print_table(result)


def _state(menu: Store, version: Version, shown: str | None, *, is_newest: bool) -> str:
    if version.is_removal:
        return "removed"
    if version.id == shown:
        return "live"
    if not is_newest:
        return ""
    ending = version.key.rpartition(".")[2]
    problems = checked_menu(menu.read(version), ending, menu.languages, menu.currency).problems
    return f"refused: {number_of(len(problems), 'problem')}" if problems else "on its way"
