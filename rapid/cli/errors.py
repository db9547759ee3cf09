"""The one error a command raises for its user."""


class CommandError(Exception):
    """Something the user can mend. The message names the thing, the place and the fix; no stack trace is shown."""
