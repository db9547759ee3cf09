"""`rapid forget`: erases a person from a source by the erasure job, and shows what was found, removed and looked at.

The value goes to the job in an object that the job deletes, not as an argument: those are shown in the console and kept
with a run. Nothing here prints it. While a stack moves, both of its lakes are erased from.
"""

import json
import time
import uuid
from dataclasses import dataclass, replace
from typing import Any

from contracts import Contract, FieldType, folders
from etl.files.places import REPORTS, landed
from etl.forget import versions

from . import etl, job_run, project, s3_objects, target
from .athena import Column, Result
from .console import activity, number_of, say, say_error
from .errors import CommandError
from .job_run import Ended, Task
from .local_changes import confirmed
from .migrate import state
from .migrate.state import Migration
from .rows import print_table
from .target import Target

_POLL_SECONDS = 1.0
_ATTEMPTS = 3
"""So often is curated what arrived while an erasure ran, and erased again."""
_COLUMNS = (
    Column("place", "varchar"),
    Column("held the person", "bigint"),
    Column("events", "bigint"),
    Column("looked at afterwards", "bigint"),
    Column("left", "bigint"),
)
_IN_FLIGHT = (
    "What was on its way meanwhile, in buffers of the stream or in a request, may still arrive, and so may what a "
    "client sends again: look once more in an hour, with --verify."
)


def run(source: str, key: str, *, verify: bool, force: bool) -> int:
    """Erase, or only look; returns the exit status, 1 if something is left."""
    contract = project.contract_of(source)
    field, value = _key(contract, key)
    stack = target.find()
    missing = [name for name in ("erasure_job", "curated_bucket", "files_bucket") if name not in stack.masked_outputs]
    if missing:
        raise CommandError(f"the stack has no {', '.join(missing)}; deploy it again")
    project.require_deployed([contract], stack.masked_outputs)
    lakes = _lakes(stack, source)
    if verify:
        shown = [_look(lake, source, field, value) for lake in lakes]
        return max(*shown, _of_the_deleted(stack, source))
    question = f"Erase every event of {source} whose {field} is the given value, and all query results, for good?"
    if not force and not confirmed(question):
        return 1
    requests = [_request(lake.stack, source, field, value) for lake in lakes]
    _let_sync_end(stack)
    for lake, request_id in zip(lakes, requests, strict=True):
        if status := _erase(lake, contract, request_id):
            return status
    return _of_the_deleted(stack, source)


@dataclass(frozen=True)
class _Lake:
    """What is erased from, as the one lake of its stack."""

    stack: Target
    name: str
    """Empty where the stack has no other."""


def _lakes(stack: Target, source: str) -> list[_Lake]:
    """All lakes that are fed, the old one first: what a sync that was killed still copies is then to be found.

    Raises CommandError while rows of the old one, from which no job erases any more, are yet to be carried over.
    """
    migration = state.find(stack)
    if migration is None:
        return [_Lake(stack, "")]
    if migration.phase is state.Phase.DECOMMISSIONED:
        if not state.has_ended(stack) and (held := _held(stack, migration, source)):
            raise CommandError(
                "the old lake is written no more, and what came last is not carried over yet, which would bring the "
                f"person back: {', '.join(held)}; run `rapid migrate decommission` first, it goes on"
            )
        return [_Lake(stack, "")]
    if "streaming_erasure_job" not in stack.masked_outputs:
        raise CommandError("the stack has no streaming_erasure_job, and persons are in both lakes; deploy it again")
    streaming = state.seen_from(stack, migration.streaming)
    job = {"erasure_job": stack.masked_outputs["streaming_erasure_job"]}
    seen = replace(streaming, viewed={**streaming.masked_outputs, **job})
    return [_Lake(stack, "the old lake"), _Lake(seen, "the streaming lake")]


def _let_sync_end(stack: Target) -> None:
    """A sync sees the requests, and ends before its next copy."""
    if not state.sync_under_way(stack):
        return
    with activity("Waiting for the sync that is under way, which ends within minutes:") as tell:
        while state.sync_under_way(stack):
            tell("it would copy what is erased")
            time.sleep(_POLL_SECONDS)


def _of_the_deleted(stack: Target, source: str) -> int:
    """1, and a word about it, if a decommissioned lake still holds events of a source: no job looks there any more."""
    migration = state.find(stack)
    if migration is None or migration.phase is not state.Phase.DECOMMISSIONED:
        return 0
    held = _held(stack, migration, source)
    if not held:
        return 0
    say_error(
        "error: the old lake is decommissioned and not deleted, so the person may be there and nothing looks: "
        f"{', '.join(held)}; `rapid migrate decommission` deletes it"
    )
    return 1


def _held(stack: Target, migration: Migration, source: str) -> list[str]:
    """Where the old lake holds something of a source, be it in old versions: all places that its job would look at."""
    old, s3 = migration.platform, stack.client("s3")
    places = {
        old.raw_bucket: ("",),
        old.processed_bucket: ("", f"{folders.ERRORS}/"),
        old.curated_bucket: ("tables/", "aggregates/"),
        old.quarantine_bucket: ("", f"{folders.BAD_ROWS}/", f"{folders.FILTERED}/"),
    }
    return [
        f"s3://{bucket}/{folder}{source}"
        for bucket, parents in places.items()
        for folder in parents
        if next(versions.listed(s3, bucket, f"{folder}{source}/"), None)
    ]


def _look(lake: _Lake, source: str, field: str, value: str) -> int:
    """Look whether a lake holds the person; the exit status."""
    return _shown(_job(lake, "verify", source, _request(lake.stack, source, field, value)), verify=True)


def _erase(lake: _Lake, contract: Contract, request_id: str) -> int:
    """Erase from one lake; the exit status."""
    status = 1
    for _attempt in range(_ATTEMPTS):
        _let_arrive(lake.stack, contract)
        ended = _job(lake, "forget", contract.source, request_id)
        status = _shown(ended, verify=False)
        if not any(report["pending"] for report in ended.reports):
            break
    if contract.aggregates and status == 0:
        # A run makes the days anew that the erasure changed, so that no sum holds what the person added to it.
        _require(etl.followed(lake.stack, Task.CURATE, contract.source))
    return status


def _key(contract: Contract, key: str) -> tuple[str, str]:
    """Field and value. Raises CommandError, which names no value."""
    name, equals, value = key.partition("=")
    if not equals or not value:
        raise CommandError("--key must be a field and its value, such as customerId=cust123")
    fit = [field for field in contract.fields if field.type in (FieldType.STRING, FieldType.INTEGER)]
    field = next((field for field in contract.fields if name in (field.name, *field.aliases)), None)
    known = ", ".join(field.name for field in fit)
    if field is None:
        raise CommandError(f"--key: {contract.source} has no field {name!r}; it has {known}")
    if field not in fit:
        raise CommandError(f"--key: {name!r} is a {field.type.value}, by which nobody is named; take one of {known}")
    return field.name, value


def _let_arrive(stack: Target, contract: Contract) -> None:
    """Take in what landed and curate what was delivered: of these, the rows of others must not go with the person's."""
    s3, bucket = stack.client("s3"), stack.masked_outputs["files_bucket"]
    reported = {item.key for item in s3_objects.listing(s3, bucket, f"{REPORTS}{contract.source}/")}
    if any(file.source == contract.source and file.report_key not in reported for file in landed(s3, bucket)):
        with activity("Taking in files:") as tell:
            _require(job_run.run_files(stack, tell))
    # Everything ever delivered: what a run of the last days alone would not find is found here.
    ended = etl.followed(stack, Task.CURATE, contract.source, {"--lookback_days": "0"})
    _require(ended)


def _require(ended: Ended) -> None:
    if not ended.succeeded:
        raise CommandError(f"the job run ended in state {ended.state}: {ended.error}\n  log group {ended.log}")


def _request(stack: Target, source: str, field: str, value: str) -> str:
    """Store what is to be erased; the id. One that an earlier run did not bring to its end is taken up again."""
    s3, bucket = stack.client("s3"), stack.masked_outputs["curated_bucket"]
    prefix, wanted = f"{folders.ERASURE_REQUESTS}/{source}/", {"field": field, "value": value}
    listed = (item for item in s3_objects.listing(s3, bucket, prefix) if item.key.count(".") == 1)
    for item, body in s3_objects.contents(s3, bucket, listed):
        if json.loads(body) == wanted:
            return item.key.removeprefix(prefix).removesuffix(".json")
    request_id = str(uuid.uuid4())
    body = json.dumps(wanted).encode()
    s3.put_object(Bucket=bucket, Key=f"{prefix}{request_id}.json", Body=body, ContentType="application/json")
    return request_id


def _job(lake: _Lake, task: str, source: str, request_id: str) -> Ended:
    if lake.name:
        say(f"In {lake.name}:")
    name = lake.stack.masked_outputs["erasure_job"]
    with activity(f"Glue job {name}, {task} {source}:") as tell:
        return job_run.run_erasure(lake.stack, task, source, request_id, tell)


def _shown(ended: Ended, *, verify: bool) -> int:
    """Print what a run found; returns the exit status."""
    if not ended.reports:
        say_error(f"error: the job run ended in state {ended.state}: {ended.error}\n  log group {ended.log}")
        say_error("Run the same command again: it goes on where this run ended.")
        return 1
    [report] = ended.reports
    places = report["places"]
    print_table(Result(_COLUMNS, [_row(place) for place in places], 0), with_count=False)
    for place in places:
        for name in place["names"]:
            say_error(f"left in {place['place']}: {name}")
        for name in place["unreadable"]:
            say_error(f"cannot be read, so look into it and delete it if need be: {name}")
    _say_notes(report)
    looked_at = number_of(sum(place["lookedAt"] for place in places), "object")
    if report["state"] in ("erased", "nothing found"):
        say(f"Nothing found in {looked_at} and versions of them. {'' if verify else _erased(report)}".rstrip())
        say(_IN_FLIGHT)
        return 0
    left = sum(place["remaining"] for place in places)
    say_error(f"error: the person is in {left} of {looked_at}{'' if verify else '; run the same command again'}")
    return 1


def _row(place: dict[str, Any]) -> tuple[str | None, ...]:
    return (place["place"], *(f"{place[name]:,}" for name in ("found", "events", "lookedAt", "remaining")))


def _erased(report: dict[str, Any]) -> str:
    return f"{number_of(report['erased'], 'event')} erased in {report['seconds']:,.0f} s."


def _say_notes(report: dict[str, Any]) -> None:
    if report["mentions"]:
        say(
            f"The value also stands in another field of {number_of(report['mentions'], 'event')} of the raw zone; by "
            f"{report['field']} they are not the person's, so they stay."
        )
    if report["pending"]:
        say(f"{number_of(report['pending'], 'object')} arrived meanwhile and must be curated first.")
