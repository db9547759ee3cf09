"""The commands of `rapid migrate` and their options. Each imports what it needs when it runs."""

from pathlib import Path
from typing import Annotated

import typer

migrate = typer.Typer(
    no_args_is_help=True, help="Move to the streaming lake step by step, and back: docs/migration.md."
)


@migrate.command("plan")
def plan() -> None:
    """Say what there is to move, what each step does, how long it takes, what it costs, what stands in its way."""
    from .migrate import plan as planning

    raise typer.Exit(planning.run())


@migrate.command("sync")
def sync() -> None:
    """Copy what the streaming lake does not have yet; interrupted or killed, it goes on when it is run again."""
    from .migrate import sync as copying

    raise typer.Exit(copying.run())


@migrate.command("verify")
def verify(
    report: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write every difference to it, a JSON object a line.", show_default=False),
    ] = None,
) -> None:
    """Compare both lakes, objects and rows, and name every difference; exit 1 if there is one."""
    from .migrate import verify as comparing

    raise typer.Exit(comparing.run(report))


_Force = Annotated[bool, typer.Option("--force", help="Do not ask.")]


@migrate.command("cutover")
def cutover(force: _Force = False) -> None:
    """Have every writer write to the data streams, and dashboards read the streaming lake."""
    from .migrate import cutover as moving

    raise typer.Exit(moving.run(force=force))


@migrate.command("rollback")
def rollback(force: _Force = False) -> None:
    """Have every writer write to the old delivery streams again, and dashboards read the old lake."""
    from .migrate import rollback as moving_back

    raise typer.Exit(moving_back.run(force=force))


@migrate.command("decommission")
def decommission(force: _Force = False) -> None:
    """End the old pipelines; delete the old lake's data if two keys are turned, else keep it."""
    from .migrate import decommission as ending

    raise typer.Exit(ending.run(force=force))
