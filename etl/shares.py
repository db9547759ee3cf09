"""Items cut into shares by their size, for what is held, read or committed at once."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

_Item = TypeVar("_Item")


def by_size(
    items: Iterable[_Item], size_bytes: Callable[[_Item], int], most_bytes: int, most: int | None = None
) -> Iterator[list[_Item]]:
    """The items in their order, in shares of no more bytes (but for one that is larger) and of no more items."""
    share: list[_Item] = []
    held = 0
    for item in items:
        size = size_bytes(item)
        if share and (held + size > most_bytes or len(share) == most):
            yield share
            share, held = [], 0
        share.append(item)
        held += size
    if share:
        yield share
