"""`rapid migrate cutover`."""

from .. import target
from ..errors import CommandError
from . import gates


def run(*, force: bool) -> int:
    """Raises CommandError."""
    gates.cutover(target.find())
    raise CommandError("this checkout has no `rapid migrate cutover` yet; pull a newer one")
