"""The commands of `rapid errors` and their options. Each imports what it needs when it runs."""

from typing import Annotated

import typer

failed = typer.Typer(no_args_is_help=True, help="Events that were accepted and did not reach their table.")

_Source = Annotated[str | None, typer.Argument(help="One source alone; else all.", show_default=False)]
_Day = Annotated[str, typer.Option(metavar="YYYY-MM-DD", help="Only events received on this day.", show_default=False)]
_Reason = Annotated[str, typer.Option(help="Only events whose reason holds this text.", show_default=False)]


@failed.command("list")
def errors_list(
    source: _Source = None,
    day: _Day = "",
    reason: _Reason = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON array, one object a group.")] = False,
) -> None:
    """Count the failed events by source, place, reason and day."""
    from .failed_events import listing
    from .failed_events.places import choice

    raise typer.Exit(listing.run(choice(source, [], day, reason), as_json=as_json))


@failed.command("show")
def errors_show(
    event_id: Annotated[str, typer.Argument(metavar="ID", help="As `rapid errors list` names it.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show one failed event: where it lies, why, and what it holds."""
    from .failed_events import show

    raise typer.Exit(show.run(event_id, as_json=as_json))


@failed.command("replay")
def errors_replay(
    source: _Source = None,
    event_id: Annotated[list[str] | None, typer.Option("--id", help="Only this event; may be repeated.")] = None,
    day: _Day = "",
    reason: _Reason = "",
    fix: Annotated[
        str | None, typer.Option(metavar="EXPRESSION", help="A jq expression that mends each event.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be done; send nothing.")] = False,
) -> None:
    """Send failed events again, each with its id: those that now pass their contract, or were never checked."""
    from .failed_events import replay
    from .failed_events.places import choice

    raise typer.Exit(replay.run(choice(source, event_id or [], day, reason), fix, dry_run=dry_run))
