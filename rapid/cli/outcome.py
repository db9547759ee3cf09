"""What became of events that were posted."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Refusal:
    """An event that the API refused: its position among those sent, the field, the reason."""

    index: int
    field: str
    reason: str


@dataclass
class Outcome:
    """What became of some events: every one is accepted, refused or unsent."""

    accepted: int
    refusals: list[Refusal]
    unsent: list[int]
    """Positions that were never accepted nor refused, though tried again."""
    repeats: int
    """Requests that were sent again."""
    failure: str = ""
    """Why the unsent ones are unsent."""
    request_id: str = ""
    """The `requestId` of the last answer, which its events can be found by."""

    @property
    def refused(self) -> int:
        """Number of refused events; one event may have several refusals."""
        return len({refusal.index for refusal in self.refusals})
