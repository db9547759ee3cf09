"""`rapid teardown`: what goes and how much it holds, a question, and the end of it in an order that is safe."""

import time
from collections.abc import Sequence
from dataclasses import replace

from ..athena import Column, Result
from ..console import activity, number_of, progress_bar, say
from ..errors import CommandError
from ..rows import print_table
from . import buckets, holdings, jobs, keys, leftovers, streams, tables
from .holdings import Holding
from .state import StackResource, State, by_type, find, listed

_API_ACCOUNT = "aws:apigateway/account:Account"
_BUCKET = "aws:s3/bucket:Bucket"
_DISTRIBUTION = "aws:cloudfront/distribution:Distribution"
_OBJECT = "aws:s3/bucketObjectv2:BucketObjectv2"
_DATABASE = "aws:glue/catalogDatabase:CatalogDatabase"
_QUEUE = "aws:sqs/queue:Queue"
_DOORS = (
    "rapid-analytics:index:IngestApi$",
    "rapid-analytics:index:FileIngest$rapid-analytics:index:LambdaFunction$",
    "rapid-analytics:index:JobStarter$",
)
"""In the URNs of what lets events and files in, and of what starts jobs."""


def run(name: str | None, *, force: bool, keep_data: bool) -> int:
    """Tear a stack down, and return the exit status: 0 when nothing is left but what was to stay.

    Raises CommandError where it may not go, and where something did not.
    """
    state = find(name)
    resources = state.resources()
    (keys.check_kept if keep_data else keys.check)(state, resources)
    resources = _without_retained_objects(resources)
    staying = frozenset(item.urn for item in resources if item.protect)
    going = [item for item in resources if item.urn not in staying]
    _show(state, resources, staying)
    held = holdings.show(state.stack, resources, "Counting what they hold:") if resources else []
    if keep_data:
        _refuse_dead_letters(state, resources)
    if resources and not force:
        keys.ask_name(state)
    try:
        _end(state, resources, going, held, keep_data=keep_data)
        return _report(state, resources)
    except KeyboardInterrupt:
        again = f"rapid teardown --stack {state.name}{' --keep-data' if keep_data else ''}"
        raise CommandError(f"interrupted; `{again}` goes on from what there is") from None


def _show(state: State, resources: Sequence[StackResource], staying: frozenset[str]) -> None:
    say(f"Stack {state.name} of {state.project} on {state.place}: {number_of(len(resources), 'resource')}.")
    listed(resources, staying)
    for item in resources:
        if item.type == _DISTRIBUTION:
            domains = item.outputs.get("aliases") or [item.value("domainName")]
            say(
                f"Printed QR codes that lead to {' and '.join(map(str, domains))} will lead nowhere"
                + (
                    ", until the domain leads to another storefront."
                    if item.outputs.get("aliases")
                    else ": another distribution gets another name."
                )
            )


def _without_retained_objects(resources: Sequence[StackResource]) -> list[StackResource]:
    """The resources, where an object that would outlive its place in the stack goes with its bucket all the same."""
    emptied = {item.id for item in resources if item.type == _BUCKET and not item.protect and not item.is_retained}
    return [
        replace(item, is_retained=item.is_retained and not (item.type == _OBJECT and item.value("bucket") in emptied))
        for item in resources
    ]


def _refuse_dead_letters(state: State, resources: Sequence[StackResource]) -> None:
    """Accepted events on the queue lie nowhere else, and the queue goes."""
    queues = [item for item in resources if item.type == _QUEUE]
    for item in holdings.of(state.stack, queues, lambda _name: None):
        if item.count:
            raise CommandError(
                f"{number_of(item.count, 'message')} on the queue {item.name}, of accepted events, would be lost; "
                "`rapid errors replay` sends them again, then run this again"
            )


def _end(
    state: State,
    resources: Sequence[StackResource],
    going: Sequence[StackResource],
    held: Sequence[Holding],
    *,
    keep_data: bool,
) -> None:
    outputs = state.outputs() if resources else {}
    # Nothing is accepted any more before the first wait, so that all that ever was is waited for.
    doors = [item.urn for item in going if any(door in item.urn for door in _DOORS) and item.type != _QUEUE]
    if doors:
        say("Closing the API and what starts jobs.")
        state.destroy(doors)
    _deliver(state, resources, keep_data=keep_data)
    if keep_data:
        _refuse_dead_letters(state, resources)
    with activity("Waiting for runs of jobs") as tell:
        jobs.wait(state.stack, resources, tell)
    emptied = [item.id for item in going if item.type == _BUCKET and not item.is_retained]
    total = sum(item.count or 0 for item in held if item.kind == "bucket" and item.name in emptied)
    with progress_bar("Emptying buckets", total) as advanced:
        count = buckets.empty(state.stack.client("s3"), emptied, lambda done: advanced(min(done, total)))
    say(f"Deleted {number_of(count, 'version')} of objects from {number_of(len(emptied), 'bucket')}.")
    tables.delete(state.stack, going, going)
    for group in leftovers.delete_logs_of_services(state.stack, going, outputs):
        say(f"Deleted the log group {group}, which AWS made.")
    if resources:
        say("Destroying the rest." if doors else "Destroying the stack.")
        state.destroy(exclude_protected=keep_data)
        # What ran to its end meanwhile may have made its log group again.
        leftovers.delete_logs_of_services(state.stack, going, outputs)


def _deliver(state: State, resources: Sequence[StackResource], *, keep_data: bool) -> None:
    with activity("Waiting until delivery streams are empty") as tell:
        late = streams.drain(state.stack, resources, tell)
    for stream, what in late.items():
        if keep_data:
            raise CommandError(
                f"the delivery stream {stream} does not deliver {what}, which would be lost; its log says why. "
                "Run this again once that is mended"
            )
        say(f"Not delivered, and lost now: {what} of the delivery stream {stream}.")


def _report(state: State, before: Sequence[StackResource]) -> int:
    """Look at what is left, and print the last table; 0 when nothing is left but what was to stay."""
    started = time.monotonic()
    after = {item.urn: item for item in state.resources()}
    retained = [item for item in before if item.is_retained and item.urn not in after]
    gone = [item for item in before if item.urn not in after and not item.is_retained]
    with activity("Looking at what is left") as tell:
        left, later = leftovers.find(
            state.stack, f"{state.project}/{state.name}", gone, [*after.values(), *retained], tell
        )
    _print_counts(before, gone, [*after.values(), *retained])
    for text in later:
        say(text)
    if any(item.type == _API_ACCOUNT for item in gone) and state.stack.client("apigateway").get_rest_apis()["items"]:
        say(
            "API Gateway's role for logs was this stack's. Other APIs of the region write no logs until one is set "
            "again: deploy another stack with api_gateway_logging: managed."
        )
    for item in (item for item in after.values() if item.type in (_BUCKET, _DATABASE)):
        say(f"Kept: {item.type} {item.id}")
    if any(item.protect for item in after.values()):
        say("The stack still has what was kept: deploying it again builds the rest around it.")
    for leftover in left:
        say(f"Left: {leftover.what}: {leftover.why}")
    if left:
        say(f"{number_of(len(left), 'thing')} left. Run this again, or delete what is named by hand.")
    else:
        say(f"Nothing else of stack {state.name} is left (looked for {time.monotonic() - started:.1f} s).")
    return 1 if left else 0


def _print_counts(
    before: Sequence[StackResource], gone: Sequence[StackResource], kept: Sequence[StackResource]
) -> None:
    counts = [by_type(items) for items in (before, gone, kept)]
    columns = (
        Column("type", "varchar"), Column("there were", "bigint"), Column("gone", "bigint"), Column("kept", "bigint")
    )  # fmt: skip
    rows: list[tuple[str | None, ...]] = [
        (type_, *(f"{count[type_]:,}" for count in counts)) for type_ in sorted(counts[0] | counts[2])
    ]
    rows.append(("all", *(f"{sum(count.values()):,}" for count in counts)))
    print_table(Result(columns, rows, 0), with_count=False)
