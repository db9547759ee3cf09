"""`rapid migrate cutover`: writers move to the data streams, and dashboards to the streaming lake."""

from ..console import activity, number_of, say
from ..failed_events.places import aws_errors
from ..teardown import state as stacks
from ..teardown import streams
from ..teardown.state import State
from . import gates, state, switch, writers
from .state import Migration, Phase, Step
from .writers import Service


@aws_errors()
def run(*, force: bool) -> int:
    """Move the writers; returns the exit status. Raises CommandError where they may not move, or did not."""
    deployed = stacks.find(None)
    migration = state.of(deployed.stack)
    found = writers.of(deployed.stack, deployed.resources())
    has_moved = migration.phase is Phase.CUT_OVER and not writers.moved(found, Service.FIREHOSE)
    if has_moved and state.last_cutover(deployed.stack):
        writers.show(found)
        say("All writers have moved already. `rapid migrate rollback` moves them back.")
        return 0
    if not has_moved:
        if migration.phase is not Phase.CUT_OVER:
            gates.cutover(deployed.stack)
        _announce(deployed, found)
        switch.ask(deployed, "Move the writers?", force=force)
        deployed, found = switch.move(deployed, migration.phase, Phase.CUT_OVER, Service.KINESIS, force=force)
    writers.show(found)
    say("All writers have moved: every event is put onto a data stream now, and both lakes get it from there.")
    _deliver(deployed, migration)
    state.record(deployed.stack, Step.CUTOVER, {"writers": len(found)})
    say(
        f"{switch.kept(deployed)} Pages that guests opened before may still send to where they did, and what they send "
        "is mirrored. Next: `rapid migrate verify`, then, when everybody is content, `rapid migrate decommission`. "
        "Until then `rapid migrate rollback` goes back."
    )
    return 0


def _announce(deployed: State, found: list[writers.Writer]) -> None:
    writers.show(found)
    say(
        f"Stack {deployed.name} on {deployed.place}: {number_of(len(found), 'writer')} will write to data streams, "
        "which feed both lakes, and dashboards will show the streaming lake. Senders notice nothing."
    )


def _deliver(deployed: State, migration: Migration) -> None:
    """Wait for what the old delivery streams held when writers moved."""
    held = {*migration.platform.streams.values()}
    resources = [item for item in deployed.resources() if item.type == streams.TYPE and item.value("name") in held]
    with activity("Waiting until the old delivery streams have delivered what they held") as tell:
        late = streams.drain(deployed.stack, resources, tell)
    for stream, what in late.items():
        say(f"{stream} still holds {what}; its log says why. Firehose tries for a day, and mirrors what it delivers.")
    if not late:
        say("The old delivery streams have delivered what they held.")
