"""`rapid migrate plan`."""

from .. import target
from ..errors import CommandError
from . import state


def run() -> int:
    """Raises CommandError."""
    state.of(target.find())
    raise CommandError("this checkout has no `rapid migrate plan` yet; pull a newer one")
