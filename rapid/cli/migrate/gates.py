"""Gates: each step of a migration refuses to start while the one before is not done. Each raises CommandError."""

import datetime
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..chosen_sources import deployed_contracts
from ..errors import CommandError
from ..target import Target
from . import state
from .state import Migration, Phase, Step

VERIFIED_HOURS = 24
"""A verification that is older does not let writers be moved."""
_SPARE_DAYS = 2
"""So long before rows that came after the last sync can expire, it is too old to end the old pipelines."""


def sync(stack: Target) -> Migration:
    """Both lakes must be there."""
    return _in(stack, "sync", Phase.SIDE_BY_SIDE, Phase.CUT_OVER)


def verify(stack: Target) -> Migration:
    """Everything must have been copied once."""
    found = _in(stack, "verify", Phase.SIDE_BY_SIDE, Phase.CUT_OVER)
    _synced(stack, "verify")
    return found


def cutover(stack: Target) -> Migration:
    """A verification must have passed, after the last sync, in the last VERIFIED_HOURS hours."""
    found = _in(stack, "cutover", Phase.SIDE_BY_SIDE)
    verified = _verified(stack, "cutover")
    age = datetime.datetime.now(datetime.UTC) - _began(verified)
    if age > datetime.timedelta(hours=VERIFIED_HOURS):
        raise CommandError(
            f"cutover must wait: the last verification began {_when(_began(verified))}, more than {VERIFIED_HOURS} "
            "hours ago; run `rapid migrate verify`"
        )
    return found


def rollback(stack: Target) -> Migration:
    """Writers must have been moved."""
    return _in(stack, "rollback", Phase.CUT_OVER)


def decommission(stack: Target) -> Migration:
    """A verification must have passed, after the cutover and the last sync, which must not be long ago."""
    found = _in(stack, "decommission", Phase.CUT_OVER)
    _proven(stack)
    _recent(stack)
    return found


def decommissioned(stack: Target) -> None:
    """The same must be on record where a stack is in that phase already, whoever took it there."""
    with way_back(stack):
        _proven(stack)
        if not state.has_ended(stack):
            _recent(stack)


@contextmanager
def way_back(stack: Target) -> Iterator[None]:
    """Say with what is refused how a stack goes back that is decommissioned, in which phase no step mends it."""
    try:
        yield
    except CommandError as error:
        if state.of(stack).phase is not Phase.DECOMMISSIONED:
            raise
        raise CommandError(
            f"{error}\nThe stack is in phase {Phase.DECOMMISSIONED} already, and nothing of the old lake is deleted "
            f"before that is done. Set {Phase.CUT_OVER} again and deploy it: "
            f"{state.setting(stack, Phase.CUT_OVER)}; then sync, verify, and run this once more"
        ) from None


def _proven(stack: Target) -> None:
    """All that the old lake had must have been found in the other one after writers had moved."""
    verified = _verified(stack, "decommission")
    moved = state.last_cutover(stack)
    if moved is None:
        raise CommandError(
            "decommission must wait: no cutover is on record, so the writers were moved by hand; run "
            "`rapid migrate cutover`, which then only looks whether they have moved, and `rapid migrate verify`"
        )
    if _began(verified) < state.at(moved):
        raise CommandError(
            f"decommission must wait: the cutover of {_when(state.at(moved))} is newer than the last verification, "
            f"which began {_when(_began(verified))}; run `rapid migrate sync`, then `rapid migrate verify`"
        )


def _recent(stack: Target) -> None:
    """Rows of files that came after the last sync must still be there, to be carried over."""
    synced = _synced(stack, "decommission")
    began = datetime.datetime.fromisoformat(synced.get("started", synced["at"]))
    kept = {contract.source: contract.processed_retention_days for contract in deployed_contracts(stack)}
    source = min(kept, key=kept.__getitem__, default=None)
    if source is None:
        return
    days = kept[source] - _SPARE_DAYS
    if datetime.datetime.now(datetime.UTC) - began > datetime.timedelta(days=days):
        raise CommandError(
            f"decommission must wait: the last sync is of {_when(began)}, more than {days} days ago, and rows of files "
            f"of {source} that have come since expire {kept[source]} days after they came; run `rapid migrate sync`, "
            "then `rapid migrate verify`"
        )


def _in(stack: Target, step: str, *phases: Phase) -> Migration:
    found = state.of(stack)
    if found.phase not in phases:
        raise CommandError(
            f"{step} is a step of phase {' or '.join(phases)}, and the stack is in phase {found.phase}"
            f"{_why_not(step, found.phase)}"
        )
    return found


def _why_not(step: str, phase: Phase) -> str:
    if phase is Phase.DECOMMISSIONED:
        return ": the old lake is written no more"
    if phase is Phase.CUT_OVER:
        return ": the writers have been moved; `rapid migrate rollback` moves them back"
    return f": `rapid migrate cutover` comes before {step}"


def _synced(stack: Target, step: str) -> dict[str, Any]:
    done = state.last(stack, Step.SYNC)
    if done is None or not done.get("complete"):
        raise CommandError(f"{step} must wait: no sync has come to its end; run `rapid migrate sync`")
    return done


def _verified(stack: Target, step: str) -> dict[str, Any]:
    synced, verified = _synced(stack, step), state.last(stack, Step.VERIFY)
    if verified is None:
        raise CommandError(f"{step} must wait: nothing is verified; run `rapid migrate verify`")
    if not verified.get("passed"):
        raise CommandError(
            f"{step} must wait: the verification of {_when(state.at(verified))} found differences; mend what it "
            "names, then run `rapid migrate sync` and `rapid migrate verify`"
        )
    if _began(verified) < state.at(synced):
        raise CommandError(
            f"{step} must wait: the sync of {_when(state.at(synced))} is newer than the last verification, which began "
            f"{_when(_began(verified))}; run `rapid migrate verify`"
        )
    return verified


def _began(verified: dict[str, Any]) -> datetime.datetime:
    """When a verification began: what came later it has not looked at, however long it took."""
    try:
        return datetime.datetime.fromisoformat(verified["moment"]).replace(tzinfo=datetime.UTC)
    except (KeyError, TypeError, ValueError):
        raise CommandError(
            "the document of the last verification does not say when it began; run `rapid migrate verify`"
        ) from None


def _when(moment: datetime.datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
