"""The commands of `rapid local` and their options. Each imports what it needs when it runs."""

from typing import Annotated

import typer

local = typer.Typer(no_args_is_help=True, help="The local cloud: the whole platform on this machine.")


@local.command("up")
def local_up(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the local cloud on 127.0.0.1.")] = 4566,
    stack: Annotated[str, typer.Option(help="Stack whose Pulumi.<stack>.yaml is deployed.")] = "dev",
    once: Annotated[
        bool, typer.Option("--once", help="Check what SQL returns against what was sent; exit 0 or 1.")
    ] = False,
    sample: Annotated[bool, typer.Option(" /--no-sample", help="Send no sample events.")] = True,
) -> None:
    """Start a local cloud, deploy the Pulumi program onto it, feed it, query it; stay up until Ctrl-C."""
    from .local_up import Options, up

    raise typer.Exit(up(Options(port=port, stack=stack, once=once, sample=sample)))


_Targets = Annotated[
    list[str] | None, typer.Option("--target", help="Only this resource, by name or URN, and what it depends on.")
]


@local.command("preview")
def local_preview(
    stack: Annotated[str, typer.Option(help="Stack whose Pulumi.<stack>.yaml is read.")] = "dev",
    target: _Targets = None,
) -> None:
    """Print what `rapid local deploy` would do, and touch nothing."""
    from . import local_changes
    from . import target as targets

    local_changes.preview(targets.LocalStack(targets.find_local().endpoint_url, stack), target or [])


@local.command("deploy")
def local_deploy(
    stack: Annotated[str, typer.Option(help="Stack whose Pulumi.<stack>.yaml is deployed.")] = "dev",
    target: _Targets = None,
) -> None:
    """Change on the running local cloud what differs from the Pulumi program, and nothing else."""
    from . import local_changes
    from . import target as targets

    local_changes.deploy(targets.LocalStack(targets.find_local().endpoint_url, stack), target or [])


@local.command("flush")
def local_flush() -> None:
    """Deliver what the local delivery streams have buffered, now."""
    from . import target
    from .console import number_of

    stack = target.find_local()
    before, delivered, after = stack.records(), stack.flush(), stack.records()
    typer.echo(f"Delivered {number_of(delivered, 'record')}, each of one event or more.")
    if copies := after["followers_dropped_records"] - before["followers_dropped_records"]:
        typer.echo(
            f"{number_of(copies, 'record')} came to the first lake by Kinesis, and it has the events already: they "
            "were mirrored for the streaming lake, or are in quarantine."
        )
    if dropped := after["dropped_records"] - before["dropped_records"]:
        typer.echo(
            f"{number_of(dropped, 'record')} brought the table nothing: the events are in quarantine, which "
            "`rapid errors list` counts, or the contract's filter keeps them out."
        )
    if failed := after["failed_records"] - before["failed_records"]:
        typer.echo(f"{number_of(failed, 'record')} failed: `rapid errors list` says why.")


@local.command("ldap")
def local_ldap(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the directory on 127.0.0.1.")] = 6360,
) -> None:
    """Run an LDAP directory with sample users, for sources whose contracts ask for one, until Ctrl-C."""
    from .local_ldap import serve

    serve(port)


@local.command("tick")
def local_tick(
    until: Annotated[
        str,
        typer.Argument(metavar="TIME", help="ISO 8601, such as 2030-01-31T08:00:00Z, or a duration, such as +1h30m."),
    ],
) -> None:
    """Let time pass: run, in order, the schedules and alarms that are due until a time; print what came of it."""
    from . import target

    reached, runs = target.find_local().tick(until)
    for run in runs:
        typer.echo(f"{run['time']}  {run['name']}: {run['outcome']}")
    typer.echo(f"{len(runs)} {'run' if len(runs) == 1 else 'runs'} until {reached}.")


@local.command("outbox")
def local_outbox(
    number: Annotated[int | None, typer.Argument(min=1, help="Show this mail.", show_default=False)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the mails that AWS would have sent, the newest first, or show one. None leaves this machine."""
    from . import local_outbox, target

    found = target.find_local()
    if number is None:
        local_outbox.show_all(found.mails(), as_json)
    else:
        local_outbox.show(number, found.mail(number), as_json)
