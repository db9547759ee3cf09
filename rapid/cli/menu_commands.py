"""The commands of `rapid menu` and their options. Each imports what it needs when it runs."""

from pathlib import Path
from typing import Annotated

import typer

menu = typer.Typer(no_args_is_help=True, help="Menus of stores: check, publish, put back.")

_File = Annotated[Path, typer.Argument(help="A menu, .json or .csv (docs/menus.md).")]
_Store = Annotated[str, typer.Option(help="The store, as in links and QR codes.")]


@menu.command("check")
def check(file: _File) -> None:
    """Say what is wrong with a menu, all at once; exit 1 if anything is. Nothing is uploaded."""
    from .menus import check as checking

    raise typer.Exit(checking.run(file))


@menu.command("publish")
def publish(file: _File, store: _Store) -> None:
    """Check a menu, upload it, and wait until guests see it; print its addresses."""
    from .menus import publish as publishing

    raise typer.Exit(publishing.run(file, store))


@menu.command("versions")
def versions(
    store: _Store,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON array, one object a version.")] = False,
) -> None:
    """List the versions of a store's menu, the newest first, and which of them guests see."""
    from .menus import versions as listing

    listing.run(store, as_json=as_json)


@menu.command("rollback")
def rollback(
    store: _Store,
    to: Annotated[
        str,
        typer.Option(
            metavar="VERSION",
            help="As `rapid menu versions` names it, or its beginning; else the one before, or the one that guests see "
            "if the newest was refused.",
            show_default=False,
        ),
    ] = "",
) -> None:
    """Put an older version back as the newest, and wait until guests see it."""
    from .menus import rollback as putting_back

    raise typer.Exit(putting_back.run(store, to))
