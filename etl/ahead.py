"""Work on several items at once, and its results in the order of the items."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic, TypeVar

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")

WORKERS = max(2, min(4, os.cpu_count() or 1))
"""Threads: Arrow leaves the interpreter to others while it works. More of them would hold more memory."""


@dataclass(frozen=True)
class Waiting(Generic[_Item]):
    """How much is under way or waits to be taken at most: so many items, and so many bytes beside the last of them."""

    most: int
    size_bytes: Callable[[_Item], int] = lambda item: 0
    most_bytes: int = 0


def results(
    work: Callable[[_Item], _Result],
    items: Iterable[_Item],
    workers: int = WORKERS,
    waiting: Waiting[_Item] | None = None,
) -> Iterator[tuple[_Item, _Result]]:
    """Each item with what `work` made of it, by so many threads; unless said otherwise, as many items wait as there are
    threads."""
    limit = waiting or Waiting(workers)
    ahead: deque[tuple[_Item, Future[_Result]]] = deque()
    held = 0
    with ThreadPoolExecutor(workers, thread_name_prefix="ahead") as pool:
        try:
            for item in items:
                ahead.append((item, pool.submit(work, item)))
                held += limit.size_bytes(item)
                while ahead and (len(ahead) > limit.most or held > limit.most_bytes):
                    done, future = ahead.popleft()
                    held -= limit.size_bytes(done)
                    yield done, future.result()
            while ahead:
                done, future = ahead.popleft()
                yield done, future.result()
        finally:
            pool.shutdown(cancel_futures=True)
