"""What a user reads where an export cannot be made."""


class ExportError(Exception):
    """An export that cannot be made. The message names the thing, the place and the fix, and no password."""
