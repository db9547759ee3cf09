"""`rapid migrate rollback`: writers move back to the old delivery streams, and dashboards to the old lake."""

from ..console import number_of, say
from ..failed_events.places import aws_errors
from ..teardown import state as stacks
from . import gates, state, switch, writers
from .state import Phase, Step
from .writers import Service


@aws_errors()
def run(*, force: bool) -> int:
    """Move the writers back; returns the exit status. Raises CommandError where they may not move, or did not."""
    deployed = stacks.find(None)
    migration = state.of(deployed.stack)
    found = writers.of(deployed.stack, deployed.resources())
    # A cutover that stopped half-way has moved some, or was about to, and is not yet a phase.
    has_begun = writers.moved(found, Service.KINESIS) or switch.wanted(deployed) == Phase.CUT_OVER
    if migration.phase is not Phase.SIDE_BY_SIDE or not has_begun:
        gates.rollback(deployed.stack)
    writers.show(found)
    say(
        f"Stack {deployed.name} on {deployed.place}: {number_of(len(found), 'writer')} will write to the old delivery "
        "streams again, which are mirrored to the streaming lake, and dashboards will show the old lake."
    )
    switch.ask(deployed, "Move the writers back?", force=force)
    deployed, found = switch.move(deployed, Phase.CUT_OVER, Phase.SIDE_BY_SIDE, Service.FIREHOSE, force=force)
    writers.show(found)
    state.record(deployed.stack, Step.ROLLBACK, {"writers": len(found)})
    say(
        "All writers have moved back. What the data streams hold is delivered to both lakes within minutes. "
        f"{switch.kept(deployed)} Next: "
        "`rapid migrate verify`, then `rapid migrate cutover` once more."
    )
    return 0
