"""What a user says of the load to come."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Load:
    """Events, questions and people; the defaults are those of one busy restaurant."""

    events_a_day: int = 10_000
    """Events of all sources together, in equal parts of each source that has a path."""
    event_bytes: int = 500
    """Length of an event as it is sent."""
    batch: int = 1
    """Events in one request."""
    queries_a_day: int = 50
    """Queries of people and programs; those that make QuickSight's copies anew come beside them."""
    users: int = 5
    """QuickSight readers, beside one author."""
    months: int = 12
    """Months that the stack has been running: the last of them is priced."""
    guests_a_day: int = 200
    """Guests who open a page of the storefront, where there is one; what they send is among the events."""
