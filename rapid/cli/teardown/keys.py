"""Whether a stack's data may go: two keys, neither of which turns by itself."""

import os
import sys
from collections.abc import Sequence

from ..console import number_of
from ..errors import CommandError
from .state import StackResource, State

VARIABLE = "RAPID_DELETE_DATA"
"""Environment variable that names the stack whose data may be deleted: the second key."""


def check(state: State, resources: Sequence[StackResource]) -> None:
    """Raise CommandError, with what to do, unless the stack is deployed without protection and the keys are turned."""
    name = state.name
    if protected := [item for item in resources if item.protect]:
        buckets = sum(item.type == "aws:s3/bucket:Bucket" for item in protected)
        raise CommandError(
            f"stack {name} protects its data: {number_of(len(protected), 'resource')}, {number_of(buckets, 'bucket')} "
            f"among them, may not be deleted. `rapid teardown --stack {name} --keep-data` leaves them and deletes the "
            f"rest. To delete them too, turn two keys. The first: {state.commands('data_protection', 'destroy')}. "
            f"The second: `{VARIABLE}={name} rapid teardown --stack {name}`"
        )
    if resources and not is_second_turned(state):
        raise CommandError(
            f"the data of stack {name} is deleted with two keys, and the second is not turned: the environment "
            f"variable {VARIABLE} {'is not set' if VARIABLE not in os.environ else 'names another stack'}. "
            f"`{VARIABLE}={name} rapid teardown --stack {name}` turns it; `--keep-data` deletes no data"
        )


def is_second_turned(state: State) -> bool:
    """Whether the variable names the stack, or the stack was deployed with one key."""
    return state.outputs().get("deletion_keys") == "one" or os.environ.get(VARIABLE) == state.name


def ask_name(state: State) -> None:
    """Have a person type the stack's name. Raises CommandError for anything else, and where nobody is there."""
    if not sys.stdin.isatty():
        raise CommandError("nobody is there to be asked; say --force to go on without asking")
    if input(f"To delete this, type the name of the stack ({state.name}): ").strip() != state.name:
        raise CommandError("that is not the stack's name; nothing was deleted")


def check_kept(state: State, resources: Sequence[StackResource]) -> None:
    """Raise CommandError where data is to be kept, and the stack protects none."""
    if resources and not any(item.protect for item in resources):
        raise CommandError(
            f"stack {state.name} protects no data, so a teardown would keep none; "
            f"{state.commands('data_protection', 'protect')}, and run this again"
        )
