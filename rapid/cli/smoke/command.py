"""The test from end to end: doors, then objects, then queries, then what watches over the stack."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass

from contracts import BrowserCredentials, Contract, Delivery

from .. import job_run, project, target
from ..chosen_sources import contracts_of
from ..console import activity, number_of, say
from ..errors import CommandError
from ..job_run import Task
from ..target import Target
from . import dashboards, sending, storefront, watching
from .arrival import Arrivals, longest_wait_seconds, require_once
from .background import InBackground
from .checks import Checks, Result
from .marked import MARK, erasable
from .sending import Sent

_OUTPUTS = ("database", "files_bucket", "ingest_url", "paths", "processed_bucket", "sources", "streams", "workgroup")
_DEPLOY = "deploy again: `pulumi up`, or `rapid local deploy` on a local cloud"
_DOOR = "docs/runbook.md#api-errors, and what the answer's status means: README.md, Send events"
_DELIVERY = (
    "`rapid trace {event_id}` shows how far it came, `rapid errors list {source}` what failed on the way, and why; "
    "docs/runbook.md#delivery-late"
)
_WHO_MAY = "whoever runs the test must be allowed to read what it looks at; docs/data-access.md"
_QUERY = "docs/queries.md; run it again by `rapid query`"
_CURATION = "docs/runbook.md#jobs-failed, docs/curation.md; `rapid etl run` shows what the job says"
_RUN_SECONDS = 300
"""How long to wait for a deployment's run of the job, which begins 30 to 90 s after it (functions/job_starter)."""
_FILES = "docs/runbook.md#jobs-failed, docs/files.md; `rapid files` shows each file"


@dataclass(frozen=True)
class Options:
    """The options of the command."""

    sources: Sequence[str]
    timeout_seconds: int | None
    """How long to wait for delivery, and for a deployment's run of the curate job; None: as long as these may take."""
    curate: bool
    as_json: bool


def run(options: Options) -> int:
    """Make all checks and print them; returns the exit status, 1 if one failed or Ctrl-C came."""
    stack, checks, interrupted = target.find(), Checks(), False
    contracts = [project.contract_of(name) for name in options.sources] or list(contracts_of(stack))
    try:
        with activity("Smoke test:") as tell:
            _make(stack, contracts, options, checks, tell)
    except KeyboardInterrupt:
        # What was begun says so itself.
        interrupted = True
    passed = checks.passed and not interrupted
    if options.as_json:
        say(json.dumps({"passed": passed, "checks": [check.document() for check in checks.all]}, indent=2))
    else:
        checks.show()
        _say_what_stays(contracts, checks)
        if interrupted:
            say("Interrupted: the checks that are missing were not made.")
    return 0 if passed else 1


def _make(stack: Target, contracts: list[Contract], options: Options, checks: Checks, tell: watching.Tell) -> None:
    with checks.make("", "outputs", _DEPLOY) as check:
        missing = [name for name in _OUTPUTS if name not in stack.masked_outputs]
        missing += [one.source for one in contracts if one.source not in stack.masked_outputs.get("sources", ())]
        if missing:
            raise CommandError(f"the stack has no {', '.join(missing)}")
        where = stack.endpoint_url or f"AWS, {stack.region}"
        check.seen = f"{len(stack.masked_outputs)} of the stack on {where}"
    if not checks.passed:
        return
    sent = _send(stack, contracts, options, checks, tell)
    # Meanwhile the streams deliver the other events.
    job = (
        InBackground(lambda: job_run.run_files(stack, lambda _state: None)) if any(it.file_id for it in sent) else None
    )
    arrived: list[Sent] = []
    with checks.make_quietly("", "delivery", _WHO_MAY) as _:
        arrived = _arrive(stack, sent, options, checks, tell)
    if job:
        with checks.make("", "files job", _FILES) as check:
            ended, check.seconds = job.result()
            check.seen = ended.state.lower()
            _require(ended)
    with checks.make_quietly("", "queries", _WHO_MAY) as _:
        _query(stack, arrived, options, checks, tell)
    watching.check(stack, checks, tell)
    dashboards.check(stack, checks, tell, named=bool(options.sources))


def _send(
    stack: Target, contracts: list[Contract], options: Options, checks: Checks, tell: watching.Tell
) -> list[Sent]:
    sent: list[Sent] = []
    for contract in contracts:
        if contract.streamed:
            tell(f"posting to {contract.path}")
            with checks.make(contract.source, "accept", _DOOR) as check:
                sending.require_opening(stack, contract, named=bool(options.sources))
                one, check.seen = sending.by_http(stack, contract)
                sent.append(one)
        if contract.browser_credentials is BrowserCredentials.GUEST:
            tell(f"putting onto the stream of {contract.source} as a guest")
            with checks.make(contract.source, "accept guest", f"{_DOOR}; docs/browsers.md") as check:
                one, check.seen = sending.by_guest(stack, contract)
                sent.append(one)
    sent += storefront.check(stack, contracts, checks, tell, named=bool(options.sources))
    for contract in _by_file(contracts, named=bool(options.sources)):
        tell(f"uploading a file for {contract.source}")
        with checks.make(contract.source, "accept file", f"{_DOOR}; docs/files.md") as check:
            one, check.seen = sending.by_file(stack, contract)
            sent.append(one)
    return sent


def _by_file(contracts: list[Contract], *, named: bool) -> list[Contract]:
    """Sources that take files alone; with all sources also one of the others, for which that door is as well."""
    others = [one for one in contracts if one.streamed and not one.hashed and not one.unpack]
    return [one for one in contracts if one.delivery is Delivery.FILES] + ([] if named else others[:1])


def _arrive(stack: Target, sent: list[Sent], options: Options, checks: Checks, tell: watching.Tell) -> list[Sent]:
    """The events whose objects were found."""
    arrivals, arrived = Arrivals(stack, sent), []
    timeout_seconds = options.timeout_seconds or longest_wait_seconds(stack, sent)
    tell(f"waiting for {number_of(len(sent), 'event')} in the processed zone, up to {timeout_seconds} s")
    for one, address in arrivals.found(timeout_seconds):
        arrived.append(one)
        with checks.make(one.contract.source, _named("object", one), "") as check:
            check.seen, check.seconds = address, time.monotonic() - one.accepted
        tell(f"{len(arrived)} of {len(sent)} events are in the processed zone")
    for one in arrivals.waiting:
        next_step = _DELIVERY.format(source=one.contract.source, event_id=one.event_id)
        with checks.make(one.contract.source, _named("object", one), next_step) as check:
            check.seconds = time.monotonic() - one.accepted
            raise CommandError(f"no object in the processed zone holds {one.event_id} after {check.seconds:.0f} s")
    return arrived


def _query(stack: Target, arrived: list[Sent], options: Options, checks: Checks, tell: watching.Tell) -> None:
    """Ask the views, each source's at once: what is not curated first, then, if that is wanted, what is."""
    by_source: dict[str, list[Sent]] = {}
    for one in arrived:
        by_source.setdefault(one.contract.source, []).append(one)
    curated = not options.curate or _has_curated_tables(stack, list(by_source.values()))
    if curated:
        # A deployment calls for a run of the job, which makes the tables that the views read, or has them follow.
        _ask(stack, by_source, "_now", checks, tell, options.timeout_seconds or _RUN_SECONDS)
    if options.curate and by_source:
        with checks.make("", "curate", _CURATION) as check:
            [source, *others] = by_source
            ended = job_run.run(
                stack, Task.CURATE, None if others else source, lambda state: tell(f"curating: {state}")
            )
            added = sum(report.get("rows_added") or 0 for report in ended.reports)
            check.seen = f"{ended.state.lower()}, {added:,} rows added"
            _require(ended)
        if not curated:
            _ask(stack, by_source, "_now", checks, tell)
        _ask(stack, by_source, "", checks, tell)


def _ask(
    stack: Target,
    by_source: dict[str, list[Sent]],
    suffix: str,
    checks: Checks,
    tell: watching.Tell,
    wait_seconds: int = 0,
) -> None:
    """Query the views; a run of the job that makes them answer is waited for so long."""
    deadline = time.monotonic() + wait_seconds
    for source, sent in by_source.items():
        view = f"{source}{suffix}"
        tell(f"querying {view}")
        with checks.make(source, f"query {view}", _QUERY) as check:
            check.seen = require_once(stack, sent, view, deadline, tell)
            check.seconds = time.monotonic() - min(one.accepted for one in sent)


def _has_curated_tables(stack: Target, by_source: list[list[Sent]]) -> bool:
    """Whether the tables are there that the views read."""
    glue, database = stack.client("glue"), stack.masked_outputs["database"]
    try:
        for sent in by_source:
            glue.get_table(DatabaseName=database, Name=sent[0].contract.curated_table)
    except glue.exceptions.EntityNotFoundException:
        return False
    return True


def _require(ended: job_run.Ended) -> None:
    if not ended.succeeded:
        raise CommandError(f"the job run ended in state {ended.state}: {ended.error}; log group {ended.log}")


def _named(check: str, one: Sent) -> str:
    return f"{check} {one.door}".rstrip()


def _say_what_stays(contracts: list[Contract], checks: Checks) -> None:
    """How the events of this test, and of all before, are erased."""
    sent = [check for check in checks.all if check.name.startswith("accept") and check.result is Result.OK]
    accepted = {check.source for check in sent}
    names = [(one.source, erasable(one)) for one in contracts if one.source in accepted]
    if not names:
        return
    say(f"\nThe events stay; their texts are {MARK!r}, their numbers 0 or the least. These erase them, and all before:")
    for source, name in names:
        if name:
            say(f"  rapid forget {source} --key {name}={MARK}")
