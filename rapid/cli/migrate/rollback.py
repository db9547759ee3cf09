"""`rapid migrate rollback`."""

from .. import target
from ..errors import CommandError
from . import gates


def run(*, force: bool) -> int:
    """Raises CommandError."""
    gates.rollback(target.find())
    raise CommandError("this checkout has no `rapid migrate rollback` yet; pull a newer one")
