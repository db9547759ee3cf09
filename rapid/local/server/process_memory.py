"""Keeps the process's memory from growing with the number of events that pass through it.

Measured by `bench/memory.py`: over 200,000 events resident memory grew by 137 MB, of which 18 MB were objects
in S3. Without Arrow's own allocator, which keeps what a Parquet file took, it grew by 60 MB; with one arena of the C
library as well, instead of one for each of several threads, by 24 MB.
"""

import ctypes
import os

_M_ARENA_MAX = -8


def keep_flat() -> None:
    """Let Arrow use malloc, and malloc one arena; to be called before pyarrow is imported and threads are started.

    https://arrow.apache.org/docs/cpp/env_vars.html; pyarrow.set_memory_pool would not do: Arrow's own code allocates
    from the default pool all the same. https://man7.org/linux/man-pages/man3/mallopt.3.html: glibc's alone.
    """
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, 1)
