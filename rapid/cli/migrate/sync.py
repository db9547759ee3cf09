"""`rapid migrate sync`."""

from .. import target
from ..errors import CommandError
from . import gates


def run() -> int:
    """Raises CommandError."""
    gates.sync(target.find())
    raise CommandError("this checkout has no `rapid migrate sync` yet; pull a newer one")
