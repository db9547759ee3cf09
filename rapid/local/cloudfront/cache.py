"""The cache of the edge: what was answered, for how long it is good, and what an invalidation takes away.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/Expiration.html
"""

import email.utils
import re
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus

from . import invalidations
from .managed import CachePolicy

MAX_BYTES = 256 * 1024 * 1024
"""What the cache keeps at most; what was put in first is dropped first."""
_DIRECTIVE = re.compile(r"([a-z-]+)(?:\s*=\s*\"?(\d+)\"?)?", re.IGNORECASE)
_FORBIDDING = frozenset({"no-cache", "no-store", "private"})


@dataclass(frozen=True)
class Key:
    """What tells one answer from another: no query string, header or cookie is in it but the encodings."""

    distribution: str
    path: str
    """As it was asked for, with its percent signs."""
    encodings: str = ""


@dataclass(frozen=True)
class Answer:
    """An answer of the origin, compressed as it is sent, and until when it is good, in epoch seconds."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    stored_at: float
    expires_at: float

    def header(self, name: str) -> str:
        """A header's value; empty where it is missing."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")

    @property
    def is_error(self) -> bool:
        """Whether it says that something is wrong."""
        return self.status >= HTTPStatus.BAD_REQUEST


class Cache:
    """Keeps answers by key. Safe for several threads."""

    def __init__(self) -> None:
        self._answers: dict[Key, Answer] = {}
        self.invalidations = 0
        """How many there have been."""
        self._bytes = 0
        self._lock = threading.Lock()

    def get(self, key: Key) -> Answer | None:
        """The answer that is kept, good or expired."""
        return self._answers.get(key)

    def put(self, key: Key, answer: Answer, invalidations_before: int) -> None:
        """Keep an answer of the origin, unless something was invalidated since it was asked."""
        with self._lock:
            self._drop(key)
            if invalidations_before < self.invalidations:
                return
            self._answers[key] = answer
            self._bytes += len(answer.body)
            while self._bytes > MAX_BYTES and len(self._answers) > 1:
                self._drop(next(iter(self._answers)))

    def invalidate(self, distribution: str, paths: Iterable[str]) -> None:
        """Drop what an invalidation names."""
        named = list(paths)
        with self._lock:
            self.invalidations += 1
            for key in list(self._answers):
                if key.distribution == distribution and invalidations.matches(named, key.path):
                    self._drop(key)

    def _drop(self, key: Key) -> None:
        dropped = self._answers.pop(key, None)
        if dropped:
            self._bytes -= len(dropped.body)


def ttl_seconds(headers: Mapping[str, str], policy: CachePolicy, now: float) -> float:
    """How long an object stays in the cache, by what the origin says and what the policy allows; 0: not at all.

    `headers` has names in small letters.
    """
    directives = {name.lower(): value for name, value in _DIRECTIVE.findall(headers.get("cache-control", ""))}
    if _FORBIDDING & directives.keys():
        return policy.min_ttl
    said = directives.get("s-maxage") or directives.get("max-age")
    if said:
        wanted = float(said)
    elif "expires" in headers:
        wanted = _expires_in(headers["expires"], now)
    else:
        return max(policy.min_ttl, policy.default_ttl)
    return max(policy.min_ttl, min(wanted, policy.max_ttl))


def _expires_in(text: str, now: float) -> float:
    """Seconds until a moment; what is none has passed."""
    try:
        return max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - now)
    except ValueError:
        return 0.0
