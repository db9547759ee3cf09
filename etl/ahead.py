"""Work on several items at once, and its results in the order of the items."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")

WORKERS = max(2, min(4, os.cpu_count() or 1))
"""Threads: Arrow leaves the interpreter to others while it works. More of them would hold more memory."""


def results(
    work: Callable[[_Item], _Result], items: Iterable[_Item], workers: int = WORKERS
) -> Iterator[tuple[_Item, _Result]]:
    """Each item with what `work` made of it; as many items as there are threads are under way or wait to be taken."""
    waiting: deque[tuple[_Item, Future[_Result]]] = deque()
    with ThreadPoolExecutor(workers, thread_name_prefix="ahead") as pool:
        try:
            for item in items:
                waiting.append((item, pool.submit(work, item)))
                if len(waiting) > workers:
                    done, future = waiting.popleft()
                    yield done, future.result()
            while waiting:
                done, future = waiting.popleft()
                yield done, future.result()
        finally:
            pool.shutdown(cancel_futures=True)
