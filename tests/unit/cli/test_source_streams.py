"""Which stream takes events and which ones deliver them, in each phase of a move to a streaming lake."""

from types import SimpleNamespace
from typing import Any

import pytest

from rapid.cli import source_streams
from rapid.cli.errors import CommandError

OLD = {"orders": "orders-stream", "clicks": "clicks-stream"}
STREAMING = {"orders": "streaming-orders", "clicks": "streaming-clicks"}
MIGRATION = {
    "followers": {"orders": "orders-follower", "clicks": "clicks-follower"},
    "platform": {"streams": OLD},
    "streaming": {"streams": STREAMING},
    "guest_streams": {"clicks": "clicks-guests"},
}
DATA = {"data_streams": {"orders": "orders-data", "clicks": "clicks-data"}}
GUESTS = {"guest_streams": {"clicks": "clicks-guests"}}
PHASES: dict[str, dict[str, Any]] = {
    "none": {"streams": OLD},
    "side_by_side": {"streams": OLD, "migration": MIGRATION},
    "cut_over": {"streams": OLD, "migration": MIGRATION, **DATA, **GUESTS},
    "decommissioned": {
        "streams": STREAMING,
        "migration": {**MIGRATION, "followers": {}, "platform": {"streams": None}},
        **DATA,
        **GUESTS,
    },
}


def stack(phase: str) -> Any:
    return SimpleNamespace(masked_outputs=PHASES[phase], client=lambda service: service)


@pytest.mark.parametrize(
    ("phase", "name"),
    [
        ("none", "orders-stream"),
        ("side_by_side", "orders-stream"),
        ("cut_over", "orders-data"),
        ("decommissioned", "orders-data"),
    ],
)
def test_what_is_put_again_goes_where_the_doors_put(phase: str, name: str) -> None:
    assert source_streams.taking(stack(phase), "orders").name == name


def test_a_source_without_a_stream_is_refused_by_name() -> None:
    with pytest.raises(CommandError, match="the stack has no stream for 'costs'; deploy it again"):
        source_streams.taking(stack("none"), "costs")


@pytest.mark.parametrize(
    ("phase", "name"),
    [
        ("none", "clicks-stream"),
        ("side_by_side", "clicks-stream"),
        ("cut_over", "clicks-guests"),
        ("decommissioned", "clicks-guests"),
    ],
)
def test_guests_put_onto_a_delivery_stream_always(phase: str, name: str) -> None:
    assert source_streams.of_guests(stack(phase), "clicks") == name


@pytest.mark.parametrize(
    ("phase", "source", "names"),
    [
        ("none", "orders", ("orders-stream",)),
        ("side_by_side", "orders", ("orders-stream", "orders-follower")),
        ("cut_over", "clicks", ("clicks-stream", "clicks-follower")),
        ("decommissioned", "orders", ("streaming-orders",)),
        ("decommissioned", "clicks", ("streaming-clicks", "clicks-guests")),
        ("none", "costs", ()),
    ],
)
def test_a_lake_has_its_events_by_one_delivery_stream_or_two(phase: str, source: str, names: tuple[str, ...]) -> None:
    assert source_streams.delivering(stack(phase), source) == names
    assert source_streams.is_mirrored(stack(phase), source) == (len(names) == 2)
