"""`rapid migrate decommission`: the old pipelines end, and the old lake's data goes where two keys are turned."""

import datetime
from collections.abc import Sequence

from botocore.exceptions import BotoCoreError, ClientError

from contracts import folders

from .. import s3_objects
from ..chosen_sources import contracts_of
from ..console import activity, number_of, say
from ..errors import CommandError
from ..failed_events import failures
from ..failed_events.failed_event import FailedEvent
from ..failed_events.places import Places, aws_errors
from ..target import Target
from ..teardown import holdings, jobs, streams
from ..teardown import state as stacks
from ..teardown.state import StackResource, State
from . import gates, late, old_data, others, state, switch, writers
from .state import Migration, Phase, Step
from .writers import Service

_ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
_GUESTS = "rapid-analytics:index:GuestSenders$"
_STREAMING = "rapid-analytics:index:Migration$"
"""In the URNs of what belongs to the streaming lake."""
_READS = "kinesisSourceConfiguration"
"""Property of a delivery stream that reads a data stream."""
_NAMED = 3
_DAY_SECONDS, _BLUR_SECONDS = 24 * 3600, 240


@aws_errors()
def run(*, force: bool) -> int:
    """End what feeds the old lake, then delete its data or say how; returns the exit status.

    Each part of it is done where it is not done yet, so that it goes on when it is run again. Raises CommandError.
    """
    deployed = stacks.find(None)
    migration = state.of(deployed.stack)
    old = _old_streams(deployed.resources())
    if migration.phase is Phase.DECOMMISSIONED:
        gates.decommissioned(deployed.stack)
    else:
        gates.decommission(deployed.stack)
    # The outputs say so already when a part was deployed; what feeds the old lake is among the resources.
    if migration.phase is not Phase.DECOMMISSIONED or old:
        _check(deployed, migration)
        _tell_of_stragglers(deployed)
        say(
            f"Stack {deployed.name} on {deployed.place}: {number_of(len(old), 'delivery stream')} of the old lake and "
            "what belongs to them will be deleted; files, exports, erasure and all outputs will be the streaming "
            "lake's. There is no way back from here."
        )
        switch.ask(deployed, "End the old pipelines?", force=force)
        deployed = _end(deployed, force=force)
        migration = state.of(deployed.stack)
    if not state.has_ended(deployed.stack):
        with activity("Waiting for runs of jobs that began before") as tell:
            jobs.wait(deployed.stack, deployed.resources(), tell)
        # Who set the key by hand has met none of it, and what old streams delivered last may have failed.
        _check(deployed, migration)
        late.carry_over(deployed.stack, migration)
        state.record(deployed.stack, Step.DECOMMISSION, {})
        say(
            "The old pipelines have ended. All that there is and all that comes is the streaming lake's. "
            f"{switch.kept(deployed)}"
        )
    late.carry_reports_over(deployed.stack, migration)
    old_data.delete(deployed, migration, force=force)
    return 0


def _check(deployed: State, migration: Migration) -> None:
    """Raise CommandError for what would be lost, or left behind."""
    with gates.way_back(deployed.stack):
        others.require_none(deployed.stack, migration)
        found = writers.of(deployed.stack, deployed.resources())
        if left := writers.moved(found, Service.FIREHOSE):
            writers.show(left)
            raise CommandError(
                f"{number_of(len(left), 'writer')} on old delivery streams, as listed; `rapid migrate cutover` moves "
                "them"
            )
        _check_errors(deployed.stack, migration)
    url = deployed.stack.masked_outputs["dead_letter_queue_url"]
    if waiting := holdings.messages(deployed.stack.client("sqs"), url):
        verify = "" if migration.phase is Phase.DECOMMISSIONED else "`rapid migrate verify` and "
        raise CommandError(
            f"{number_of(waiting, 'message')} on the dead-letter queue, of accepted events, which are in no lake; "
            f"`rapid errors replay` sends them again, then run {verify}this once more"
        )


def _tell_of_stragglers(deployed: State) -> None:
    """Say who still puts onto old delivery streams: pages of somebody's own, that name one."""
    moved = state.last_cutover(deployed.stack)
    seconds = _looked_back(datetime.datetime.now(datetime.UTC) - state.at(moved)) if moved else 0
    cloudwatch = deployed.stack.client("cloudwatch")
    for stream in _put_onto(_old_streams(deployed.resources())) if seconds else ():
        name = stream.value("name")
        if records := streams.metric_of(cloudwatch, name, streams.PUT, "Sum", seconds):
            say(
                f"{number_of(round(records), 'record')} {'was' if round(records) == 1 else 'were'} put onto {name} in "
                f"the last {number_of(seconds // 60, 'minute')}, though all doors have moved: by pages that "
                "name it themselves. `rapid outputs guest_streams` has what they are to name; from now on they are "
                "refused."
            )


def _looked_back(since: datetime.timedelta) -> int:
    """Seconds of the last day in which doors had moved; metrics are of whole minutes."""
    return max(0, min(_DAY_SECONDS, int(since.total_seconds())) - _BLUR_SECONDS)


def _put_onto(old: Sequence[StackResource]) -> list[StackResource]:
    return [item for item in old if not item.value(_READS)]


def _check_errors(stack: Target, migration: Migration) -> None:
    """Say what Firehose kept under its error prefix. Raises CommandError for events of it that are in no table."""
    s3, bucket = stack.client("s3"), migration.platform.processed_bucket
    old, new = (Places(state.seen_from(stack, side)) for side in migration.sides)
    number, lost = 0, list[FailedEvent]()
    with activity("Looking for records that failed:") as tell:
        for contract in contracts_of(stack):
            tell(contract.source)
            number += sum(1 for _ in s3_objects.listing(s3, bucket, f"{folders.ERRORS}/{contract.source}/"))
            lost += new.open(contract, old.open(contract, failures.read(s3, bucket, contract.source)))
    if lost:
        named = ", ".join(sorted({event.location for event in lost})[:_NAMED])
        raise CommandError(
            f"{number_of(len(lost), 'event')} of records that failed are in no table: {named}; `rapid errors list` "
            "says why, `rapid errors replay` sends them again. Delete what is not worth it by hand; then run "
            "`rapid migrate verify` and this once more"
        )
    if number:
        say(f"{number_of(number, 'object')} under s3://{bucket}/errors/; all events of them are in the tables.")


def _end(deployed: State, *, force: bool) -> State:
    """End the old pipelines, after all that they hold is delivered; the stack as it is then. Raises CommandError."""
    switch.set_phase(deployed, Phase.DECOMMISSIONED)
    resources = deployed.resources()
    old = _old_streams(resources)
    guests = [item.urn for item in resources if item.type == _ROLE_POLICY and _GUESTS in item.urn]
    is_whole = False
    try:
        if guests:
            say("Taking away what lets guests put onto the old delivery streams.")
            switch.deploy(deployed, guests, force=force)
        _drain(deployed.stack, old)
        is_whole = True
        switch.deploy(deployed, force=force)
    except (CommandError, KeyboardInterrupt) as error:
        raise CommandError(
            f"{str(error) or 'interrupted'}\nNothing is lost: what old delivery streams hold they deliver and mirror. "
            f"{_put_back(deployed, old, guests, is_whole=is_whole, force=force)}`rapid migrate decommission` goes on"
        ) from None
    after = stacks.find(deployed.name)
    if left := _old_streams(after.resources()):
        raise CommandError(
            f"the deployment ended well, and {', '.join(item.value('name') for item in left)} are still there; "
            "`rapid migrate decommission` goes on"
        )
    return after


def _put_back(
    deployed: State, old: Sequence[StackResource], guests: Sequence[str], *, is_whole: bool, force: bool
) -> str:
    """Where nothing has ended, no other deployment is to end it before it is drained: the key is as before.

    So are the outputs, what guests may do, and where the whole was being deployed (`is_whole`) what else changed.
    """
    left = {item.urn for item in _old_streams(deployed.resources())}
    if not old or any(item.urn not in left for item in old):
        return ""
    switch.set_phase(deployed, Phase.CUT_OVER)
    said = f"None of those that were left has ended, and the config key {switch.KEY} is {Phase.CUT_OVER} again. "
    try:
        if guests or (is_whole and state.of(stacks.find(deployed.name).stack).phase is Phase.DECOMMISSIONED):
            switch.deploy(deployed, () if is_whole else guests, force=force)
    except (CommandError, KeyboardInterrupt) as error:
        said += (
            "What the deployment has changed already, outputs and what guests may do among it, could not be put back "
            f"({str(error) or 'interrupted'}); a deployment of the stack does it. "
        )
    return said


def _old_streams(resources: Sequence[StackResource]) -> list[StackResource]:
    return [item for item in resources if item.type == streams.TYPE and _STREAMING not in item.urn]


def _drain(stack: Target, old: Sequence[StackResource]) -> None:
    """Wait for what was put onto the old streams. Followers hold what data streams have fed to both lakes."""
    try:
        with activity("Waiting until the old delivery streams are empty") as tell:
            held = streams.drain(stack, _put_onto(old), tell)
    except (BotoCoreError, ClientError) as error:
        raise CommandError(f"what the old delivery streams hold could not be looked up: {error}") from None
    if held:
        listed = ", ".join(f"{what} of {stream}" for stream, what in held.items())
        raise CommandError(f"not delivered: {listed}; the stream's log says why. Mend that")
