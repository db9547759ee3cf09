"""Tables and their versions, which moto reads in two steps: another request may take away what the first has found."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from typing import Any

from moto.glue.models import FakeTable, GlueBackend

_lock = threading.RLock()
_plain = {
    (owner, name): getattr(owner, name)
    for owner, names in {
        FakeTable: ("as_dict", "delete_version", "update"),
        GlueBackend: ("create_table", "delete_table", "get_table_versions", "get_tables"),
    }.items()
    for name in names
}


def mend() -> None:
    """Have moto read and change tables and their versions one at a time."""
    for (owner, name), method in _plain.items():
        setattr(owner, name, _alone(method))


def _alone(method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def locked(*arguments: Any, **named: Any) -> Any:
        with _lock:
            return method(*arguments, **named)

    return locked
