"""A small cache of what was read from S3, by what it was read from."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class ObjectCache(Generic[K, V]):
    """Keeps values up to ``capacity``, measured by ``size_of``; the least recently used go first.

    A value that changes is taken out while it is used, and kept again after: no two threads change one at a time.
    """

    def __init__(self, capacity: int, size_of: Callable[[V], int]) -> None:
        self._capacity = capacity
        self._size_of = size_of
        self._lock = threading.Lock()
        self._values: OrderedDict[K, tuple[V, int]] = OrderedDict()
        self._size = 0

    def get(self, key: K) -> V | None:
        """Return the value and keep it; None if there is none."""
        with self._lock:
            value, size = self._values.pop(key, (None, 0))
            if value is not None:
                self._values[key] = (value, size)
            return value

    def take(self, key: K) -> V | None:
        """Return the value and forget it; None if there is none."""
        with self._lock:
            value, size = self._values.pop(key, (None, 0))
            self._size -= size
            return value

    def keep(self, key: K, value: V) -> None:
        """Keep a value, unless another thread kept one meanwhile."""
        with self._lock:
            if key in self._values:
                return
            size = self._size_of(value)
            self._values[key] = (value, size)
            self._size += size
            while self._size > self._capacity:
                _, (_, oldest) = self._values.popitem(last=False)
                self._size -= oldest
