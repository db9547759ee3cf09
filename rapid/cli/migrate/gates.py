"""Gates: each step of a migration refuses to start while the one before is not done. Each raises CommandError."""

import datetime
from typing import Any

from ..errors import CommandError
from ..target import Target
from . import state
from .state import Migration, Phase, Step

VERIFIED_HOURS = 24
"""A verification that is older does not let writers be moved."""


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
    age = datetime.datetime.now(datetime.UTC) - state.at(verified)
    if age > datetime.timedelta(hours=VERIFIED_HOURS):
        raise CommandError(
            f"cutover must wait: the last verification is of {_when(verified)}, more than {VERIFIED_HOURS} hours ago; "
            "run `rapid migrate verify`"
        )
    return found


def rollback(stack: Target) -> Migration:
    """Writers must have been moved."""
    return _in(stack, "rollback", Phase.CUT_OVER)


def decommission(stack: Target) -> Migration:
    """A verification must have passed, after the cutover and the last sync."""
    found = _in(stack, "decommission", Phase.CUT_OVER)
    verified, moved = _verified(stack, "decommission"), state.last(stack, Step.CUTOVER)
    if moved is None:
        raise CommandError(
            "decommission must wait: no cutover is on record, so the writers were moved by hand; run "
            "`rapid migrate cutover`, which then only looks whether they have moved, and `rapid migrate verify`"
        )
    if state.at(verified) < state.at(moved):
        raise CommandError(
            f"decommission must wait: the cutover of {_when(moved)} is newer than the last verification, of "
            f"{_when(verified)}; run `rapid migrate sync`, then `rapid migrate verify`"
        )
    return found


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
            f"{step} must wait: the verification of {_when(verified)} found differences; mend what it names, then run "
            "`rapid migrate sync` and `rapid migrate verify`"
        )
    if state.at(verified) < state.at(synced):
        raise CommandError(
            f"{step} must wait: the sync of {_when(synced)} is newer than the last verification, of "
            f"{_when(verified)}; run `rapid migrate verify`"
        )
    return verified


def _when(document: dict[str, Any]) -> str:
    return f"{state.at(document):%Y-%m-%d %H:%M} UTC"
