"""`rapid local up`: a local cloud with the stack deployed, sample events sent and queried."""

import contextlib
import errno
import json
import os
import shlex
import shutil
import signal
import socket
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from contracts import Authentication, Contract, Delivery, packed_bodies
from contracts.limits import MAX_EVENTS

from . import athena, credentials, etl, project, samples, saved_queries, stack_outputs
from .chosen_sources import contracts_by
from .console import activity, progress_bar, say, say_error
from .dashboard_data import DashboardData
from .deployment import Deployer
from .errors import CommandError
from .local_storefront import LocalStorefront
from .reconciliation import compare
from .rows import print_table
from .send import client_of, ingest_url, limits, post, report
from .stack_settings import settings_of
from .target import DEFAULT_ENDPOINT, DEFAULT_STACK, LocalStack, is_local_cloud

if TYPE_CHECKING:
    from rapid.local import LocalCloud

SAMPLE_EVENTS = 1000
_PACKED_REQUESTS = 8
_SEED = 2026
_SAVED_QUERY = "top_menu_items_by_revenue"


@dataclass(frozen=True)
class Options:
    """The options of the command."""

    port: int
    stack: str
    once: bool
    sample: bool


def up(options: Options) -> int:
    """Run the command; returns the exit status. Raises CommandError if the cloud or the stack cannot be brought up."""
    started = time.monotonic()
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, signal.default_int_handler)
    try:
        contracts = contracts_by(settings_of(options.stack))
        with _deployed(options, started) as (cloud, stack):
            # A run that is due now would curate part of the samples beside the one that is shown.
            cloud.hold_schedules()
            correct = _demonstrate(stack, contracts, options, started)
            if options.once:
                return 0 if correct else 1
            cloud.release_schedules()
            say(f"\nUp at {stack.endpoint_url}, on this machine alone and in memory. Ctrl-C ends it.")
            signal.pause()
    except KeyboardInterrupt:
        # The way to end a cloud that stays up; an unfinished check has not passed.
        say("\nStopped.")
        return 1 if options.once else 0
    return 0


@contextlib.contextmanager
def _deployed(options: Options, started: float) -> Iterator[tuple["LocalCloud", LocalStack]]:
    """A local cloud with the stack on it, for as long as the context lasts."""
    _refuse_port_in_use(options.port)
    deployer = Deployer(options.stack, f"http://127.0.0.1:{options.port}")
    try:
        from rapid.local import LocalCloud

        cloud = LocalCloud(options.port, project.region_of(options.stack))
        cloud.start()
        try:
            with activity(f"Deploying stack {options.stack} to {cloud.url}") as tell:
                count = deployer.wait(tell)
            say(f"Deployed {count} resources to {cloud.url} in {time.monotonic() - started:.1f} s.")
            yield cloud, LocalStack(cloud.url, options.stack)
        finally:
            cloud.stop()
    finally:
        deployer.stop()


def _refuse_port_in_use(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError:
            raise CommandError(f"port {port} needs the rights of root; choose another with --port") from None
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            local = is_local_cloud(f"http://127.0.0.1:{port}")
            owner = "another local cloud" if local else f"another program (`lsof -i :{port}` names it)"
            raise CommandError(
                f"port {port} is in use by {owner}; end that, or choose another port: rapid local up --port {port + 1}"
            ) from None


def _demonstrate(stack: LocalStack, contracts: tuple[Contract, ...], options: Options, started: float) -> bool:
    """Feed the stack, show what it is and what it answers; whether all that was sent came out again."""
    streamed = tuple(contract for contract in contracts if _is_open(stack, contract))
    accepted: list[float] = []
    storefront = LocalStorefront(stack)
    if options.sample:
        storefront.put_sample_menu()
    sent = {contract.source: _send_sample(stack, contract, options, accepted) for contract in streamed}
    delivered = stack.flush()
    if accepted:
        say(f"First events accepted {min(accepted) - started:.1f} s after the start.")
        say(f"Delivered {delivered} records to the processed zone.")
    curated = etl.curate_all(stack)
    imported = _imported(stack)
    _introduce(stack, streamed, storefront)
    if not options.once:
        return curated == 0 and imported
    tables = [(contract, table) for contract in streamed for table in (contract.table, contract.curated_table)]
    equal = [_checked(stack, contract, table, sent[contract.source]) for contract, table in tables]
    # Not at the start, which pyarrow would hold up.
    from .counts import command as counts

    say("\nWhat became of all events:")
    counted = counts.of(stack, contracts)
    counts.show(counted)
    return curated == 0 and imported and all(equal) and all(found.fates.adds_up for found in counted)


def _imported(stack: LocalStack) -> bool:
    """Import what dashboards show: the first time was at the deployment, before there were tables."""
    try:
        data = DashboardData(stack)
        data.import_now(data.data_sets())
    except CommandError as error:
        say_error(f"Dashboards: {error}")
        return False
    return True


def _is_open(stack: LocalStack, contract: Contract) -> bool:
    """Whether the source has a path, and there is what opens it."""
    has_path = contract.source in (stack.masked_outputs.get("paths") or {})
    return has_path and credentials.can_open(contract)


def _introduce(stack: LocalStack, contracts: tuple[Contract, ...], storefront: LocalStorefront) -> None:
    """Say what the stack is, how to send and query, and what a saved query answers."""
    say("\n" + stack_outputs.render(stack))
    say(f"\nThe API in a browser: {stack.endpoint_url}/_rapid/docs/{stack.stack}")
    storefront.introduce()
    if url := stack.outputs.get("dashboards_url"):
        say(f"\nDashboards:\n\n{url}")
    if contracts:
        say("\nSend an event yourself:")
    for contract in contracts:
        say("\n" + curl_line(stack, contract))
    if contracts:
        say(f"\nQuery:\n\n{_environment(stack)}{_program()} query 'SELECT * FROM {contracts[0].source}_now LIMIT 10'")
    for saved in saved_queries.of(stack):
        if saved.name == _SAVED_QUERY:
            say(f"\nSaved query {saved.name}:\n\n{saved.sql}\n")
            print_table(athena.run(stack, saved.sql))


def _send_sample(
    stack: LocalStack, contract: Contract, options: Options, accepted: list[float]
) -> list[dict[str, Any]]:
    """Send sample events; returns them, and adds the moments at which some were `accepted`.

    Raises CommandError unless every one is accepted.
    """
    if not options.sample:
        return []
    events = list(samples.events(contract, _sample_size(contract), _SEED))
    client = client_of(stack, contract)
    with progress_bar(f"Sending {len(events)} sample events to {contract.path}", len(events)) as advanced:

        def advance(done: int) -> None:
            accepted.append(time.monotonic())
            advanced(done)

        most_events, most_bytes = limits(contract, MAX_EVENTS)
        summary = post(client, events, len(events), most_events, advance, most_bytes)
    client.close()
    report(summary)
    if not summary.complete:
        raise CommandError(f"not every sample event of {contract.source} was accepted")
    return events


def _sample_size(contract: Contract) -> int:
    """As many events as the path would take without a wait, were each of a direct one a request of its own."""
    if contract.unpack:
        return min(SAMPLE_EVENTS, _PACKED_REQUESTS * contract.unpack.max_events)
    return min(SAMPLE_EVENTS, contract.throttle.burst) if contract.delivery is Delivery.DIRECT else SAMPLE_EVENTS


def _checked(stack: LocalStack, contract: Contract, table: str, events: list[dict[str, Any]]) -> bool:
    say(f"\nCheck of {table}: what was sent against what SQL returns")
    comparisons = compare(stack, contract, table, events)
    for comparison in comparisons:
        verdict = "equal" if comparison.equal else "DIFFERENT"
        sent, found = (f"{figure.normalize():,f}" for figure in (comparison.sent, comparison.found))
        say(f"  {comparison.name:<28} {sent:>12} sent {found:>12} found  {verdict}")
    equal = sum(comparison.equal for comparison in comparisons)
    say(f"{equal} of {len(comparisons)} figures are equal.")
    return equal == len(comparisons)


def curl_line(stack: LocalStack, contract: Contract) -> str:
    """A command that posts one event, to be pasted as it stands."""
    event = samples.example(contract)
    body = json.dumps(packed_bodies.body(contract, [event]) if contract.unpack else event, ensure_ascii=False)
    keys = [f"x-api-key: {stack.outputs['api_key']}"] if contract.authentication is Authentication.API_KEY else []
    headers = (*keys, "content-type: application/json")
    words = ["curl", *(word for header in headers for word in ("-H", header)), *_identification(stack, contract, body)]
    return shlex.join([*words, "-d", body, ingest_url(stack, contract)])


def _identification(stack: LocalStack, contract: Contract, body: str) -> list[str]:
    """What makes curl sign a request (https://curl.se/docs/manpage.html#--aws-sigv4), or ask for a password."""
    if contract.authentication is Authentication.SIGNATURE:
        signed = credentials.of(stack, contract).headers("POST", "", body.encode(), {})
        return [word for name, value in signed.items() for word in ("-H", f"{name}: {value}")]
    if contract.authentication is Authentication.LDAP:
        return ["--user", os.environ.get(credentials.USER_VARIABLE, "USER")]
    if contract.authentication is not Authentication.IAM:
        return []
    return ["--aws-sigv4", f"aws:amz:{stack.region}:execute-api", "--user", "test:test"]


def _program() -> str:
    """This program, as it can be called from here."""
    if shutil.which("rapid"):
        return "rapid"
    return "python -m rapid" if sys.argv[0].endswith("__main__.py") else os.path.relpath(sys.argv[0])


def _environment(stack: LocalStack) -> str:
    """The variables that make other commands find this stack, where it is not the one they look for by themselves."""
    chosen = {"AWS_ENDPOINT_URL": stack.endpoint_url, "PULUMI_STACK": stack.stack}
    usual = {"AWS_ENDPOINT_URL": DEFAULT_ENDPOINT, "PULUMI_STACK": DEFAULT_STACK}
    return "".join(f"{name}={value} " for name, value in chosen.items() if usual[name] != value)
