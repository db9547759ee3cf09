"""Keeps a function's code to what it may write in an execution environment: its temporary directory.

https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html. Runs inside of the environment's process.
It sees what goes through Python: a program that the function starts, or a C library that opens files by itself, it
does not. AWS's directory is /tmp; here each environment has one of its own, which `tempfile` knows.
"""

from __future__ import annotations

import errno
import os
import resource
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    Path = str | bytes | os.PathLike[str]
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
# By audit event the positions of its paths, and of the directory that each is relative to.
# https://docs.python.org/3/library/audit_events.html
_CHANGES: Mapping[str, tuple[tuple[int, int | None], ...]] = {
    "os.chmod": ((0, 2),),
    "os.chown": ((0, 3),),
    "os.link": ((1, 3),),
    "os.mkdir": ((0, 2),),
    "os.remove": ((0, 1),),
    "os.rename": ((0, 2), (1, 3)),
    "os.rmdir": ((0, 1),),
    "os.symlink": ((1, 2),),
    "os.truncate": ((0, None),),
    "os.utime": ((0, 3),),
}
_NO_DIRECTORY = -1
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
_MAX_FILE_DESCRIPTORS = 1024


def install(max_bytes: int, directories: Sequence[str] = ()) -> None:
    """Guard this process from now on; `max_bytes` is how much the temporary directory holds, `directories` are mounted
    file systems, which hold as much as the machine does.
    """
    resource.setrlimit(resource.RLIMIT_FSIZE, (max_bytes, max_bytes))
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _MAX_FILE_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, _MAX_FILE_DESCRIPTORS)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    sys.addaudithook(WriteGuard(os.environ["TMPDIR"], max_bytes, directories))


class WriteGuard:
    """An audit hook that refuses changes outside of one directory, and new files in it when it is full."""

    def __init__(self, directory: str, max_bytes: int, directories: Sequence[str] = ()) -> None:
        self._directory = os.path.realpath(directory) + os.sep
        self._mounted = tuple(os.path.realpath(mounted) + os.sep for mounted in directories)
        self._task_root = os.path.realpath(os.environ["LAMBDA_TASK_ROOT"]) + os.sep
        self._max_bytes = max_bytes

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Look at one audit event. Raises OSError."""
        if event == "open":
            path, _, flags = arguments
            if isinstance(flags, int) and flags & _WRITING and not isinstance(path, int):
                self._check(path)
                if not (os.path.realpath(os.fsdecode(path)) + os.sep).startswith(self._mounted or ("\0",)):
                    self._check_room(path)
        elif event in _CHANGES:
            for position, relative_to in _CHANGES[event]:
                is_open = isinstance(arguments[position], int)
                # A directory that is open was checked, or only read from, when it was opened.
                if not is_open and (relative_to is None or arguments[relative_to] == _NO_DIRECTORY):
                    self._check(arguments[position])

    def _check(self, path: Path) -> None:
        full = os.path.realpath(os.fsdecode(path))
        if (full + os.sep).startswith((self._directory, *self._mounted, "/dev/")) or f"{os.sep}__pycache__" in full:
            return
        reason = os.strerror(errno.EROFS)
        is_of_the_cloud = full.startswith(self._task_root) or f"{os.sep}rapid-efs-" in full
        if full.startswith(os.path.realpath("/tmp") + os.sep) and not is_of_the_cloud:
            reason = "In the local cloud the temporary directory is tempfile.gettempdir(), not /tmp"
        raise OSError(errno.EROFS, reason, os.fsdecode(path))

    def _check_room(self, path: Path) -> None:
        used = sum(
            _size_bytes(os.path.join(parent, name)) for parent, _, names in os.walk(self._directory) for name in names
        )
        if used >= self._max_bytes:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), os.fsdecode(path))


def _size_bytes(path: str) -> int:
    """The size of a file, which another thread may just have removed."""
    try:
        return os.lstat(path).st_size
    except FileNotFoundError:
        return 0
