"""`rapid migrate decommission`."""

from .. import target
from ..errors import CommandError
from . import gates


def run(*, force: bool) -> int:
    """Raises CommandError."""
    gates.decommission(target.find())
    raise CommandError("this checkout has no `rapid migrate decommission` yet; pull a newer one")
