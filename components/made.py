"""What a program has made so far of a kind of component: for what must know them all, such as alarms."""

import weakref
from collections.abc import Sequence
from typing import Generic, TypeVar

import pulumi
from pulumi.runtime import get_root_resource

_Component = TypeVar("_Component", bound=pulumi.ComponentResource)


class Made(Generic[_Component]):
    """The components of one class, kept apart by program: a process may run several, one after the other."""

    def __init__(self) -> None:
        self._by_stack: weakref.WeakKeyDictionary[pulumi.Resource | None, list[_Component]]
        self._by_stack = weakref.WeakKeyDictionary()

    def add(self, component: _Component) -> None:
        """Remember one."""
        self._by_stack.setdefault(get_root_resource(), []).append(component)

    def so_far(self) -> Sequence[_Component]:
        """Those that the program which runs has made, in their order."""
        return tuple(self._by_stack.get(get_root_resource(), ()))
