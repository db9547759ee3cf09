"""The commands and their options. Each imports what it needs when it runs, so that `rapid --help` is quick."""

from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from . import failed_events_commands, local_commands, menu_commands, migrate_commands
from .errors import CommandError
from .qr import options as qr_options


class _Group(TyperGroup):
    """A group of commands that shows a CommandError as one line and exits with status 1."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except CommandError as error:
            typer.echo(f"error: {error}", err=True)
            raise typer.Exit(1) from None


app = typer.Typer(
    name="rapid",
    cls=_Group,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Send events to an analytics stack and query them, on the local cloud or on AWS.",
    epilog="Which stack: AWS_ENDPOINT_URL names a local cloud (empty: AWS); else a local cloud on port 4566 if one "
    "answers; else the AWS stack that `pulumi stack output` knows.",
)
app.add_typer(local_commands.local, name="local")
etl = typer.Typer(no_args_is_help=True, help="The Glue jobs that export databases, take in files, keep the tables.")
app.add_typer(etl, name="etl")
contract = typer.Typer(no_args_is_help=True, help="Data contracts.")
app.add_typer(contract, name="contract")
app.add_typer(failed_events_commands.failed, name="errors")
app.add_typer(menu_commands.menu, name="menu")
app.add_typer(migrate_commands.migrate, name="migrate")


class Engine(Enum):
    """What the curate job's argument --engine may be."""

    AUTO = "auto"
    PYARROW = "pyarrow"
    SPARK = "spark"


_Source = Annotated[str | None, typer.Argument(help="One source alone; else all.", show_default=False)]


@etl.command("run")
def etl_run(
    source: _Source = None,
    engine: Annotated[
        Engine | None, typer.Option(help="What does it; else Spark past a size (docs/engines.md).", show_default=False)
    ] = None,
    full: Annotated[
        bool, typer.Option("--full", help="Look at everything ever delivered, and not only at the last days.")
    ] = False,
) -> None:
    """Curate: add what was delivered to the curated tables, each event once; print what was done."""
    from .etl import run
    from .job_run import Task

    options = {"--engine": engine.value} if engine else {}
    raise typer.Exit(run(Task.CURATE, source, options | ({"--lookback_days": "0"} if full else {})))


@etl.command("files")
def etl_files() -> None:
    """Take in the files that have landed, now rather than within two minutes; print what became of them."""
    from .files import run_job

    raise typer.Exit(run_job())


@etl.command("maintain")
def etl_maintain(source: _Source = None) -> None:
    """Maintain the curated tables: compact small files, expire old snapshots, delete what nothing refers to."""
    from .etl import run
    from .job_run import Task

    raise typer.Exit(run(Task.MAINTAIN, source))


@contract.command("detect")
def contract_detect(
    file: Annotated[Path, typer.Argument(help="CSV, NDJSON, JSON or Parquet, plain or compressed by gzip.")],
    source: Annotated[
        str | None, typer.Option(help="Name of the source; else made from the file's name.", show_default=False)
    ] = None,
    output: Annotated[
        Path | None, typer.Option(help="Write it there, such as sources/NAME.yaml; else print it.", show_default=False)
    ] = None,
) -> None:
    """Write a contract from what a file holds: types, keys, required fields, enumerations, personal data."""
    from .contract_detection import detect

    raise typer.Exit(detect(file, source, output))


@etl.command("export")
def etl_export(
    source: _Source = None,
    full: Annotated[
        bool, typer.Option("--full", help="Every row, and not only what changed since the last export.")
    ] = False,
) -> None:
    """Export tables of databases to where files land; print what was done."""
    from .etl import export

    raise typer.Exit(export(source, full=full))


@app.command()
def outputs(
    name: Annotated[str | None, typer.Argument(help="Print this output alone.", show_default=False)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    show_secrets: Annotated[bool, typer.Option("--show-secrets", help="Print secrets instead of [secret].")] = False,
) -> None:
    """Print the stack's outputs, as `pulumi stack output` does."""
    from . import stack_outputs, target

    found = target.find()
    typer.echo(stack_outputs.render(found, name, as_json=as_json, show_secrets=show_secrets))


@app.command()
def openapi(
    html: Annotated[bool, typer.Option("--html", help="A page for a browser instead of JSON.")] = False,
) -> None:
    """Print the OpenAPI document of the deployed API: every path, what it takes, what it answers."""
    from . import api_document, target

    typer.echo(api_document.text(target.find(), as_page=html))


@app.command()
def send(
    source: Annotated[str, typer.Argument(help="Source, as named by its file in sources/.")],
    file: Annotated[
        Path | None, typer.Option(help="NDJSON, a JSON array, one JSON object; CSV, Parquet, gzip or a large file.")
    ] = None,
    count: Annotated[int | None, typer.Option(min=1, help="Generate this many events instead.")] = None,
    batch: Annotated[int, typer.Option(min=1, max=500, help="Events in one request; a direct source takes one.")] = 500,
) -> None:
    """Send events to a source: from a file, or generated from its contract.

    Events of a small JSON file are answered one by one. Any other file is uploaded as a whole, up to 100 MiB, goes on
    where it was when the command is run again, and becomes events with the next run of the files job.
    """
    from .send import send_count, send_file

    if count and file is None:
        raise typer.Exit(send_count(source, count, batch))
    if file is None or count:
        raise CommandError("say what to send: either --file FILE or --count N")
    raise typer.Exit(send_file(source, file, batch))


@app.command()
def demo(
    days: Annotated[int, typer.Option(min=1, max=365, help="Days before today.")] = 35,
    orders_a_day: Annotated[
        int, typer.Option(min=1, max=100_000, help="Lines of orders on a usual day; all else in proportion.")
    ] = 60,
    seed: Annotated[int, typer.Option(min=0, help="Another number makes other events.")] = 1,
    into_production: Annotated[
        bool, typer.Option("--into-production", help="Even into a stack whose data is protected.")
    ] = False,
) -> None:
    """Fill a stack with some weeks of made-up orders, clicks, feedback, app users, campaign costs, survey answers.

    They come by the doors that real events come by, up to the dashboards. Run again, it adds what has happened since,
    and nothing twice.
    """
    from .demo import command

    raise typer.Exit(command.run(command.Options(days, orders_a_day, seed, into_production)))


@app.command()
def files(
    file_id: Annotated[
        str | None, typer.Argument(help="Show all that is known of this file.", show_default=False)
    ] = None,
) -> None:
    """List the files that were uploaded and what became of them."""
    from . import files as found

    raise typer.Exit(found.show(file_id) if file_id else found.show_all())


@app.command()
def query(
    sql: Annotated[
        str | None,
        typer.Argument(
            metavar="SQL|NAME", help="One SQL statement, as Athena takes it, or a saved query.", show_default=False
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON array of rows.")] = False,
    list_saved: Annotated[bool, typer.Option("--list", help="List the saved queries.")] = False,
) -> None:
    """Run SQL or a saved query through Athena, in the stack's workgroup and database."""
    from . import saved_queries, target
    from .athena import run
    from .rows import as_json_text, print_table

    if sql and list_saved:
        raise CommandError("--list lists all saved queries; leave out what else to run")
    if not list_saved and not (sql and sql.strip()):
        raise CommandError("say what to run: one SQL statement or the name of a saved query; --list lists those")
    stack = target.find()
    if not sql:
        result = saved_queries.as_result(saved_queries.of(stack))
    else:
        result = saved_queries.run(stack, sql.strip()) if saved_queries.is_name(sql) else run(stack, sql)
    if as_json:
        typer.echo(as_json_text(result))
    else:
        print_table(result)


@app.command()
def forget(
    source: Annotated[str, typer.Argument(help="Source, as named by its file in sources/.")],
    key: Annotated[
        str, typer.Option(metavar="FIELD=VALUE", help="The field that names the person, and the value that it has.")
    ],
    verify: Annotated[
        bool, typer.Option("--verify", help="Only look whether anything is left; erase nothing.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Do not ask.")] = False,
) -> None:
    """Erase a person: every event of a source with this value, wherever it is stored; then look again.

    Nobody can bring back what is erased. Exit 1 if something of the person is left.
    """
    from .forget import run

    raise typer.Exit(run(source, key, verify=verify, force=force))


class Network(Enum):
    """Values of the configuration key network that an estimate tells apart."""

    NONE = "none"
    CREATE = "create"


class Storefront(Enum):
    """Values of the configuration key storefront."""

    NONE = "none"
    API = "api"
    GUEST = "guest"


@app.command()
def estimate(
    events_a_day: Annotated[int, typer.Option(min=0, help="Events of all sources together.")] = 10_000,
    event_bytes: Annotated[int, typer.Option(min=1, max=256_000, help="Length of an event as it is sent.")] = 500,
    batch: Annotated[int, typer.Option(min=1, max=500, help="Events in one request.")] = 1,
    queries_a_day: Annotated[int, typer.Option(min=0, help="Queries of people and dashboards.")] = 50,
    users: Annotated[int, typer.Option(min=0, help="QuickSight readers, beside one author.")] = 5,
    months: Annotated[int, typer.Option(min=1, max=120, help="Months since the start; the last is priced.")] = 12,
    guests_a_day: Annotated[int, typer.Option(min=0, help="Guests who open a page of the storefront.")] = 200,
    storefront: Annotated[
        Storefront | None, typer.Option(help="The storefront's way in; else as the stack has it.", show_default=False)
    ] = None,
    network: Annotated[
        Network | None, typer.Option(help="A VPC or none; else as the stack has it.", show_default=False)
    ] = None,
    quicksight: Annotated[
        bool | None,
        typer.Option(
            "--quicksight/--no-quicksight", help="Dashboards; else as the stack has them.", show_default=False
        ),
    ] = None,
    stack: Annotated[str, typer.Option(help="Stack whose Pulumi.<stack>.yaml is read.", show_default=False)] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say what the stack costs on AWS a month, by service, before it is deployed."""
    from rapid.cost.load import Load

    from .estimate import run

    load = Load(events_a_day, event_bytes, batch, queries_a_day, users, months, guests_a_day)
    way_in = storefront and storefront.value
    run(stack, load, network and network is Network.CREATE, quicksight, way_in, as_json=as_json)


@app.command()
def smoke(
    source: Annotated[
        list[str] | None, typer.Argument(help="These sources alone; else all.", show_default=False)
    ] = None,
    timeout: Annotated[
        int | None,
        typer.Option(
            metavar="SECONDS",
            min=1,
            help="How long to wait for delivery, else five minutes more than the streams may buffer; and for the "
            "curate job's run after a deployment, else five minutes.",
            show_default=False,
        ),
    ] = None,
    curate: Annotated[
        bool, typer.Option("--curate", help="Run the curate job too, and query what is curated.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Send an event to every source, find it in S3 and by SQL, look at alarms and dashboards; exit 0 or 1."""
    from .smoke import command

    raise typer.Exit(command.run(command.Options(source or [], timeout, curate, as_json)))


class By(Enum):
    """What costs are split by."""

    SERVICE = "service"
    DAY = "day"


@app.command()
def cost(
    days: Annotated[
        int | None, typer.Option(min=1, max=365, help="The last days, today one of them.", show_default=False)
    ] = None,
    month: Annotated[
        str | None, typer.Option(metavar="YYYY-MM", help="A month; else the present one.", show_default=False)
    ] = None,
    by: Annotated[By, typer.Option(help="Costs of each service, or of each day.")] = By.SERVICE,
    activate: Annotated[
        bool, typer.Option("--activate", help="Let bills be split by the stack's tag; needed once an account.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say what the stack has cost, by Cost Explorer, beside its estimate and its budget. Costs $0.02 on AWS."""
    from . import cost as costs

    if days and month:
        raise CommandError("--days and --month exclude each other; say one of them")
    if activate:
        costs.activate()
    else:
        period = costs.last_days(days) if days else costs.month(month or costs.this_month())
        costs.run(period, by_day=by is By.DAY, as_json=as_json)


@app.command()
def counts(
    source: _Source = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON array, one object a source.")] = False,
) -> None:
    """Count what became of every accepted event; exit 1 unless the counts add up."""
    from .counts import command

    raise typer.Exit(command.run(source, as_json=as_json))


@app.command()
def trace(
    event_id: Annotated[
        str,
        typer.Argument(
            metavar="ID", help="The event's own id, its ingest_id, or the requestId of the answer that it got."
        ),
    ],
    source: Annotated[
        str | None, typer.Option(help="Look for events of this source alone.", show_default=False)
    ] = None,
    since: Annotated[
        str, typer.Option(metavar="YYYY-MM-DD", help="Look at what was received since; else at the last 7 days.")
    ] = "",
    show_event: Annotated[
        bool, typer.Option("--show-event", help="Print the event too, with what it holds of persons.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show the way of an event, from its request to the table, and where it is now; exit 1 if it is nowhere."""
    from .trace import command

    raise typer.Exit(command.run(command.Options(event_id, source, since, show_event, as_json)))


@app.command("init")
def init_customer(
    customer: Annotated[
        str | None, typer.Argument(help="Name of the new stack, such as bella-napoli.", show_default=False)
    ] = None,
    storefront: Annotated[str | None, typer.Option(help="Pages for guests: none, api or guest.")] = None,
    business_name: Annotated[str | None, typer.Option(help="Name that guests see.")] = None,
    languages: Annotated[str | None, typer.Option(help="Languages of the pages, such as en,de.")] = None,
    brand_color: Annotated[str | None, typer.Option(help="Colour of the pages, such as #14532d.")] = None,
    currency: Annotated[str | None, typer.Option(help="Currency of prices, such as USD.")] = None,
    sources: Annotated[str | None, typer.Option(help="Sources, such as clickstream,feedback, or all.")] = None,
    notification_email: Annotated[str | None, typer.Option(help="Address for alarms and the budget.")] = None,
    region: Annotated[str | None, typer.Option(help="Region of AWS, such as us-east-1.")] = None,
    kind: Annotated[str | None, typer.Option(help="dev or prod: whose values the rest takes.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Take the default of what no option says; do not ask.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
) -> None:
    """Write the configuration of another customer, Pulumi.CUSTOMER.yaml, by asking; then say what to type next."""
    from .init import command
    from .init.options import Options

    said = dict(
        customer=customer,
        storefront=storefront,
        business_name=business_name,
        languages=languages,
        brand_color=brand_color,
        currency=currency,
        sources=sources,
        notification_email=notification_email,
        region=region,
        kind=kind,
    )
    answers = {name: answer for name, answer in said.items() if answer is not None}
    raise typer.Exit(command.run(Options(answers, yes, force)))


@app.command()
def qr(
    store: Annotated[str, typer.Option(help="The store's id, as events have it.", show_default=False)],
    tables: Annotated[
        str,
        typer.Option(metavar="NAMES", help="Tables, such as 1-40 or 1-12,bar,terrace-1-9; else the store alone."),
    ] = "",
    page: Annotated[qr_options.Page, typer.Option(help="Where the codes lead.")] = qr_options.Page.FEEDBACK,
    format: Annotated[
        qr_options.Format, typer.Option(help="pdf: a sheet to print and cut; svg, png: a file a table.")
    ] = qr_options.Format.PDF,
    out: Annotated[
        Path | None, typer.Option(help="The sheet, or the folder of the files; else qr-STORE-PAGE.", show_default=False)
    ] = None,
    url: Annotated[str, typer.Option(help="Address of the storefront; else that of the deployed one.")] = "",
    title: Annotated[str, typer.Option(help="Name on the cards; else the config key business_name.")] = "",
    font: Annotated[
        Path | None, typer.Option(help="TrueType file, where the sheet's own lacks letters.", show_default=False)
    ] = None,
) -> None:
    """Make the QR codes that lead guests from their table to the feedback form or the menu."""
    from .qr import command

    raise typer.Exit(command.run(qr_options.Options(store, tables, page, format, out, url, title, font)))


@app.command()
def teardown(
    stack: Annotated[
        str | None, typer.Option(help="Stack that ends; else the one that other commands talk to.", show_default=False)
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Do not ask.")] = False,
    keep_data: Annotated[
        bool, typer.Option("--keep-data", help="Leave what is protected: buckets with data, database, key.")
    ] = False,
) -> None:
    """Delete a stack, its data and what it left behind; show what that is and ask first; then look again.

    Exit 1 if anything is left. Interrupted, it goes on when it is run again.
    """
    from .teardown import command

    raise typer.Exit(command.run(stack, force=force, keep_data=keep_data))
