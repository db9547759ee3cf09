"""Taking a stack to another phase: the config key, a deployment, and a look at what it came to."""

import sys
from collections.abc import Sequence
from pathlib import Path

from .. import config_edit, local_changes, pulumi_cli
from ..console import say
from ..errors import CommandError
from ..project import ROOT
from ..target import LocalStack
from ..teardown import state as stacks
from ..teardown.state import State
from . import writers
from .state import Phase
from .writers import Service, Writer

KEY = "migration"
SAFE = "Both ways are safe: whichever stream an event is put onto, both lakes get it."


def ask(state: State, question: str, *, force: bool) -> None:
    """Ask a person whether to go on; on AWS the Pulumi CLI does, which first shows what it would change.

    Raises CommandError for a no, and where nobody is there.
    """
    if force:
        return
    if isinstance(state.stack, LocalStack):
        if not local_changes.confirmed(question):
            raise CommandError("nothing was changed")
    elif not sys.stdin.isatty():
        raise CommandError("nobody is there to be asked; say --force to go on without asking")


def move(state: State, before: Phase, to: Phase, service: Service, *, force: bool) -> tuple[State, list[Writer]]:
    """Have all writers write to a service; the stack as it is then, and its writers.

    Raises CommandError with who writes where, and what to do, should it not come to its end. Where nothing has moved
    the config key is as before, so that no other deployment moves anything.
    """
    set_phase(state, to)
    try:
        deploy(state, force=force)
    except (CommandError, KeyboardInterrupt) as error:
        raise CommandError(_half_way(before, to, service, str(error) or "interrupted")) from None
    after = stacks.find(state.name)
    found = writers.of(after.stack, after.resources())
    if late := [writer for writer in found if writer.service is not service]:
        writers.show(found)
        raise CommandError(
            f"the deployment ended well, and {_named(late)} not moved. {SAFE} Look what else deploys this stack, then "
            f"run `{_command(to)}` again"
        )
    return after, found


def wanted(state: State) -> str:
    """What the config key says now, deployed or not."""
    return config_edit.value_of(_file(state), state.project, KEY)


def set_phase(state: State, to: Phase) -> None:
    """Set the config key. Raises CommandError."""
    if isinstance(state.stack, LocalStack):
        file = _file(state)
        done = config_edit.set_key(file, state.project, KEY, to)
        say(f"{'Set' if done else 'There is'} `{state.project}:{KEY}: {to}` in {file.name}.")
        return
    command = ("config", "set", KEY, str(to), "--stack", state.name)
    say(f"$ pulumi {' '.join(command)}")
    if status := pulumi_cli.run(*command):
        raise CommandError(f"`pulumi {' '.join(command)}` ended with status {status}; nothing was deployed")


def deploy(state: State, targets: Sequence[str] = (), *, force: bool) -> None:
    """Deploy the stack, or what some URNs name of it. Raises CommandError."""
    if isinstance(state.stack, LocalStack):
        local_changes.deploy(state.stack, targets)
        return
    chosen = [word for urn in targets for word in ("--target", urn)]
    command = ["up", "--stack", state.name, *chosen, *(["--yes"] if force else [])]
    say(f"$ pulumi {' '.join(command)}")
    if status := pulumi_cli.run(*command):
        raise CommandError(f"`pulumi up` ended with status {status}")


def _file(state: State) -> Path:
    return ROOT / f"Pulumi.{state.name}.yaml"


def kept(state: State) -> str:
    """What to do with the file that the key stands in."""
    return f"Commit Pulumi.{state.name}.yaml: a deployment from a checkout without it would move everything again."


def _half_way(before: Phase, to: Phase, service: Service, error: str) -> str:
    """What to say of a deployment that did not come to its end; the config key is put back where nothing has moved."""
    try:
        state = stacks.find(None)
        found = writers.of(state.stack, state.resources())
    except Exception as problem:
        return (
            f"{error}\nWho writes where could not be looked up ({problem}). {SAFE} `{_command(to)}` goes on, "
            f"`{_command(before)}` goes back"
        )
    if found and not writers.moved(found, service):
        set_phase(state, before)
        return f"{error}\nNo writer has moved, and the config key {KEY} is {before} again. `{_command(to)}` tries again"
    writers.show(found)
    count = len(writers.moved(found, service))
    return (
        f"{error}\n{count} of {len(found)} writers have moved. {SAFE} `{_command(to)}` goes on, "
        f"`{_command(before)}` goes back"
    )


def _named(found: Sequence[Writer]) -> str:
    names = ", ".join(f"{writer.source} ({writer.door})" for writer in found)
    return f"{names} {'has' if len(found) == 1 else 'have'}"


def _command(to: Phase) -> str:
    step = {Phase.SIDE_BY_SIDE: "rollback", Phase.CUT_OVER: "cutover", Phase.DECOMMISSIONED: "decommission"}[to]
    return f"rapid migrate {step}"
