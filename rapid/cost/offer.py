"""A stack's program with a price: under a load, and with or without the parts that cost by the month."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from contracts import Contract

from . import declared, estimate, model
from .estimate import Estimate
from .load import Load
from .prices import DAYS_A_MONTH
from .program import Resource
from .stack import Stack, describe

BUDGET_DOLLARS = 900
"""A month: what the platform was to cost at most when it was asked for, all of its users included."""
PIPELINE_DOLLARS = 1_800
"""A month: the larger streaming pipeline that it stands in for, as it was put then."""

_NETWORK_TYPES = ("aws:ec2/", "aws:efs/", "aws:vpc/")
_QUICKSIGHT_TYPES = ("aws:quicksight/",)
_NOBODY = Load(events_a_day=0, queries_a_day=0)
_MILLION = 1_000_000


@dataclass(frozen=True)
class Parts:
    """What a stack has or has not."""

    network: bool
    """A VPC, with its way out and a file system."""
    quicksight: bool
    """Dashboards of QuickSight, and users there."""


@dataclass(frozen=True)
class Quote:
    """What a month of a stack costs."""

    stack: Stack
    load: Load
    parts: Parts
    estimate: Estimate
    fixed_dollars: float
    """A month in which nobody sends or asks anything."""
    next_million_dollars: float
    """A million events a month more."""
    variants: dict[str, float]
    """Dollars of the same load by what the stack has."""


_VARIANTS = {
    "without these": Parts(network=False, quicksight=False),
    "with a VPC": Parts(network=True, quicksight=False),
    "with QuickSight": Parts(network=False, quicksight=True),
    "with both": Parts(network=True, quicksight=True),
}


@dataclass(frozen=True)
class Offer:
    """A stack's contracts, and what its program makes with every part that a variant may have."""

    contracts: Sequence[Contract]
    resources: Sequence[Resource]

    def quote(self, load: Load, parts: Parts) -> Quote:
        """What a month costs under a load."""
        more = replace(load, events_a_day=load.events_a_day + round(_MILLION / DAYS_A_MONTH))
        idle = replace(_NOBODY, users=load.users, months=load.months)
        found = self._estimate(load, parts)
        return Quote(
            self._stack(parts),
            load,
            parts,
            found,
            self._estimate(idle, parts).dollars,
            self._estimate(more, parts).dollars - found.dollars,
            {
                name: self._estimate(load, variant).dollars
                for name, variant in _VARIANTS.items()
                if self.has_network or not variant.network
            },
        )

    @property
    def has_network(self) -> bool:
        """Whether the program can make a network of its own."""
        return any(resource.type.startswith(_NETWORK_TYPES) for resource in self.resources)

    def _estimate(self, load: Load, parts: Parts) -> Estimate:
        quantities = model.quantities(self._stack(parts), load)
        quantities.add(declared.quantities(self.with_parts(parts)))
        return estimate.of(quantities)

    def _stack(self, parts: Parts) -> Stack:
        return replace(describe(self.contracts, self.with_parts(parts)), has_quicksight=parts.quicksight)

    def with_parts(self, parts: Parts) -> list[Resource]:
        """What the program makes with these parts."""
        left_out = (*(() if parts.network else _NETWORK_TYPES), *(() if parts.quicksight else _QUICKSIGHT_TYPES))
        return [it for it in self.resources if not it.type.startswith(left_out)]
