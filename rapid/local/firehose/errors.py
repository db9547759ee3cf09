"""What the Firehose API answers when it says no."""


class FirehoseError(Exception):
    """An error of the Firehose API: `code` is AWS's error code, `http_status` the status it is answered with."""

    def __init__(self, code: str, message: str, http_status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.http_status = http_status


def invalid_argument(message: str) -> FirehoseError:
    """AWS refuses the argument."""
    return FirehoseError("InvalidArgumentException", message)


def unsupported(thing: str) -> FirehoseError:
    """AWS would take it, the local cloud does not: `thing` names the setting and its value."""
    return FirehoseError("InvalidArgumentException", f"The local cloud's Firehose does not support {thing}.")


def validation_error(value: str, member: str, constraint: str) -> FirehoseError:
    """A request that breaks a constraint of the API's model, worded as AWS words it."""
    return FirehoseError(
        "ValidationException",
        f"1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: {constraint}",
    )


def stream_not_found(name: str, account_id: str) -> FirehoseError:
    """No delivery stream has that name."""
    return FirehoseError("ResourceNotFoundException", f"Firehose {name} under account {account_id} not found.")
