"""`rapid migrate verify`."""

from .. import target
from ..errors import CommandError
from . import gates


def run() -> int:
    """Raises CommandError."""
    gates.verify(target.find())
    raise CommandError("this checkout has no `rapid migrate verify` yet; pull a newer one")
