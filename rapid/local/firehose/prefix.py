"""S3 prefixes with expressions, and the names of delivered objects.

https://docs.aws.amazon.com/firehose/latest/dev/s3-prefixes.html (expressions and their rules)
https://docs.aws.amazon.com/firehose/latest/dev/s3-object-name.html (object names)
"""

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from .errors import invalid_argument, unsupported

MAX_PREFIX_CHARACTERS = 512
DEFAULT_TIMESTAMP = "!{timestamp:yyyy/MM/dd/HH/}"
_EXPRESSION = re.compile(r"!\{([^:{}]*):([^{}]*)\}")

# The fields of java.time.format.DateTimeFormatter that are evaluated here, as strftime has them.
_FIELDS = {"yyyy": "%Y", "MM": "%m", "dd": "%d", "HH": "%H"}
_TOKEN = re.compile(r"([A-Za-z])\1*|[^A-Za-z'\[\]{}#%]+")


class ErrorOutputType(StrEnum):
    """What `!{firehose:error-output-type}` stands for."""

    PROCESSING_FAILED = "processing-failed"
    FORMAT_CONVERSION_FAILED = "format-conversion-failed"


_Part = Callable[[datetime, ErrorOutputType | None], str]


@dataclass(frozen=True)
class Prefix:
    """A prefix whose expressions are parsed: `at` evaluates it for an instant (UTC)."""

    parts: tuple[_Part, ...]

    def at(self, instant: datetime, error_output_type: ErrorOutputType | None = None) -> str:
        """The prefix for an object whose oldest record arrived at `instant`."""
        return "".join(part(instant, error_output_type) for part in self.parts)


def data_prefix(text: str) -> Prefix:
    """A `Prefix`; without a timestamp expression it gets the default one. Raises ServiceError for what AWS refuses."""
    if "!{firehose:error-output-type}" in text:
        raise invalid_argument(f"Prefix can't contain !{{firehose:error-output-type}}: '{text}'")
    return _prefix("Prefix", text if "!{timestamp:" in text else text + DEFAULT_TIMESTAMP)


def error_prefix(text: str | None, data_prefix_text: str) -> Prefix:
    """An `ErrorOutputPrefix`, or what AWS uses when there is none. Raises ServiceError for what AWS refuses."""
    if not text:
        if "!{" in data_prefix_text:
            raise invalid_argument("ErrorOutputPrefix cannot be null or empty when Prefix contains expressions")
        return _prefix("ErrorOutputPrefix", data_prefix_text + "!{firehose:error-output-type}/" + DEFAULT_TIMESTAMP)
    if "!{firehose:error-output-type}" not in text:
        raise unsupported(f"an ErrorOutputPrefix without !{{firehose:error-output-type}} ('{text}')")
    return _prefix("ErrorOutputPrefix", text)


def object_name(stream_name: str, version: str, instant: datetime, extension: str) -> str:
    """What follows the evaluated prefix in an object's key."""
    return f"{stream_name}-{version}-{instant:%Y-%m-%d-%H-%M-%S}-{uuid.uuid4()}{extension}"


def _prefix(member: str, text: str) -> Prefix:
    parts: list[_Part] = []
    position = 0
    for match in _EXPRESSION.finditer(text):
        parts.append(_literal(member, text[position : match.start()]))
        parts.append(_expression(member, match[0], match[1], match[2]))
        position = match.end()
    parts.append(_literal(member, text[position:]))
    prefix = Prefix(tuple(parts))
    longest = prefix.at(datetime(2000, 12, 31, 23, 59, 59), ErrorOutputType.FORMAT_CONVERSION_FAILED)
    if len(longest) > MAX_PREFIX_CHARACTERS:
        raise invalid_argument(f"{member} is longer than {MAX_PREFIX_CHARACTERS} characters once evaluated: '{text}'")
    return prefix


def _literal(member: str, text: str) -> _Part:
    if "!{" in text:
        raise invalid_argument(f"{member}: the sequence !{{ can only appear in !{{namespace:value}}, found in '{text}'")
    return lambda instant, error_output_type: text


def _expression(member: str, expression: str, namespace: str, value: str) -> _Part:
    if namespace == "timestamp":
        pattern = _strftime_pattern(member, expression, value)
        return lambda instant, error_output_type: instant.strftime(pattern)
    if (namespace, value) == ("firehose", "error-output-type"):
        return lambda instant, error_output_type: error_output_type or ""
    raise unsupported(f"the expression {expression} in {member}")


def _strftime_pattern(member: str, expression: str, pattern: str) -> str:
    found = ""
    position = 0
    while position < len(pattern):
        match = _TOKEN.match(pattern, position)
        if match is None:
            raise unsupported(f"'{pattern[position:]}' in {expression} of {member}")
        position = match.end()
        if match[1] and match[0] not in _FIELDS:
            raise unsupported(f"the DateTimeFormatter field '{match[0]}' in {expression} of {member}")
        found += _FIELDS.get(match[0], match[0])
    return found
