"""Which paths an invalidation names.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/invalidation-specifying-objects.html
"""

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import unquote

from ..service_error import ServiceError
from .registry import items

MAX_PATHS, MAX_WILDCARDS = 3000, 15
"""https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/InvalidationLimits.html, in progress at a time."""
MAX_PATH_CHARACTERS = 4000


def checked(paths: Mapping[str, Any]) -> list[str]:
    """The paths of a batch. Raises ServiceError for what CloudFront does not take."""
    named = [str(path) for path in items(paths)]
    if not named or not all(map(_is_path, named)):
        raise ServiceError("InvalidArgument", "Your request contains one or more invalid invalidation paths.")
    if len(named) > MAX_PATHS:
        raise ServiceError("BatchTooLarge", "Invalidation batch specified is too large.", 413)
    if sum(path.endswith("*") for path in named) > MAX_WILDCARDS:
        message = "Processing your request will cause you to exceed the maximum number of in-progress wildcard"
        raise ServiceError("TooManyInvalidationsInProgress", f"{message} invalidations.")
    return named


def matches(paths: Iterable[str], path: str) -> bool:
    """Whether one of the paths of an invalidation means the path of a request; case counts, a `*` ends a path."""
    asked = unquote(path)
    return any(asked.startswith(named[:-1]) if named.endswith("*") else asked == named for named in map(unquote, paths))


def _is_path(path: str) -> bool:
    return (
        path.startswith("/")
        and path.isascii()
        and not any(character.isspace() for character in path)
        and "*" not in path[:-1]
        and len(path) <= MAX_PATH_CHARACTERS
    )
