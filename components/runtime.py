"""How the functions and jobs of a stack run: what every component that makes some is given, and hands on whole."""

from typing import NotRequired, TypedDict

from components.log_group import LogArgs
from components.network.placement import Placement


class Runtime(LogArgs):
    """What is the same for all functions and jobs of a stack."""

    network: NotRequired[Placement]
    """The network that they run inside of; none unless it is given: AWS's own, from which all services are reached."""


class RuntimeArgs(TypedDict):
    """Inputs that every component with functions or jobs has."""

    runtime: NotRequired[Runtime]
    """How they run; as the fields of Runtime say unless it is given."""
