"""The keys of the dashboards: what draws them, who sees them, what a day is."""

import re
import zoneinfo
from collections.abc import Collection, Mapping, Sequence
from enum import Enum

import pulumi

import dashboards
from components.dashboards.settings import DashboardSettings, Group
from dashboards.quicksight import Business

from . import values
from .reader import read, read_object

KEYS = ("dashboard_groups", "dashboards", "timezone")
"""Every key that is read here."""

REMOVED = {
    "dashboards_viewer_principal_arn": (
        "dashboard_groups has taken its place, of which the stack makes the groups; in Pulumi.<stack>.yaml write for "
        "instance `rapid-analytics:dashboard_groups: {managers: {}}`, and add people to the group in QuickSight"
    ),
}
"""Keys of earlier releases, and what to write instead."""

MAX_GROUPS = 64
"""Principals that a dashboard can be shared with
(https://docs.aws.amazon.com/quicksight/latest/APIReference/API_CreateDashboard.html)."""
MAX_GROUP_NAME = 188
"""Characters: a principal's ARN has 256 at most, 68 of which stand before the name
(https://docs.aws.amazon.com/quicksight/latest/APIReference/API_ResourcePermission.html)."""
MAX_RULES = 999
"""Rules of row-level security that may apply to one person, who may be in every group; and
MAX_STORE: characters of a value that SPICE keeps
(https://docs.aws.amazon.com/quicksight/latest/user/restrict-access-to-a-data-set-using-row-level-security.html)."""
MAX_STORE = 2047

EXAMPLE = "owners: {}, store1-managers: {dashboards: [restaurant], stores: [store1]}"
"""What errors show."""
_GROUP_NAME = re.compile(rf"(?! )[\u0020-\u00ff]{{1,{MAX_GROUP_NAME}}}(?<! )")
"""https://docs.aws.amazon.com/quicksight/latest/APIReference/API_CreateGroup.html"""
_ZONE = re.compile(r"UTC|[A-Z]\w+(/[\w+-]+)+")


class DashboardService(Enum):
    """What draws the dashboards."""

    QUICKSIGHT = "quicksight"
    """Amazon QuickSight; the account needs a subscription to its Enterprise edition."""
    NONE = "none"
    """Nothing: the stack has no dashboards."""


def shown(currency: str, languages: Sequence[str]) -> DashboardSettings | None:
    """What the dashboards are made of; None where there are none. Raises SettingsError."""
    service = read("dashboards", DashboardService.NONE, values.choice(DashboardService))
    nobody: tuple[Group, ...] = ()
    people = read_object("dashboard_groups", nobody, groups, EXAMPLE)
    zone = read("timezone", "UTC", timezone)
    if service is DashboardService.NONE:
        pulumi.log.info(
            "No dashboards: the config key dashboards is none. For dashboards, subscribe the account to QuickSight's "
            "Enterprise edition, then: pulumi config set dashboards quicksight. docs/dashboards.md has the steps."
        )
        return None
    return DashboardSettings(Business(zone, currency, languages[0]), people)


def timezone(text: str) -> str:
    """A time zone of the IANA database, by its name."""
    if not _ZONE.fullmatch(text) or text not in zoneinfo.available_timezones():
        raise ValueError("must be UTC or a time zone of the IANA database, such as Europe/Berlin or America/New_York")
    return text


def groups(given: object) -> tuple[Group, ...]:
    """Groups by their names. Raises ValueError with the place and what must be there."""
    if not isinstance(given, Mapping):
        raise ValueError("must be an object of groups by their names")
    if len(given) > MAX_GROUPS:
        raise ValueError(f"has {len(given)} groups; a dashboard can be shared with {MAX_GROUPS}")
    found = tuple(_group(str(name), what) for name, what in sorted(given.items()))
    if (rules := sum(len(group.stores or ("all",)) for group in found)) > MAX_RULES:
        raise ValueError(
            f"names {rules} stores in all its groups; QuickSight applies {MAX_RULES} rules to a person at most, who "
            "may be in every group"
        )
    return found


def _group(name: str, given: object) -> Group:
    if not _GROUP_NAME.fullmatch(name) or "," in name:
        raise ValueError(
            f"has a group {name!r}, which QuickSight refuses: a name has 1 to {MAX_GROUP_NAME} characters of Latin-1, "
            "no comma, and no space around it"
        )
    if given is None:
        raise ValueError(f"group {name!r} is empty; write {{}} for a group that sees every dashboard and store")
    if not isinstance(given, Mapping):
        raise ValueError(f"group {name!r} must be an object with dashboards, stores, both or neither, not {given!r}")
    if unknown := sorted({*map(str, given)} - {"dashboards", "stores"}):
        raise ValueError(f"group {name!r} has {unknown[0]!r}; known are dashboards and stores")
    there = [dashboard.name for dashboard in dashboards.ALL]
    seen, stores = _names(name, given, "dashboards"), _names(name, given, "stores")
    for dashboard in seen or ():
        if dashboard not in there:
            raise ValueError(
                f"group {name!r}, dashboards: there is no dashboard {dashboard!r}; there are {', '.join(sorted(there))}"
            )
    for store in stores or ():
        _check_store(name, store)
    return Group(name, seen, stores)


def _names(group: str, given: Mapping[object, object], key: str) -> tuple[str, ...] | None:
    """The texts of a list; None where there is none."""
    if key not in given:
        return None
    listed = given[key]
    place = f"group {group!r}, {key}"
    if not isinstance(listed, list) or not listed:
        raise ValueError(f"{place}: must be a list of at least one; leave {key} out for all")
    for item in listed:
        if not isinstance(item, str):
            raise ValueError(f"{place}: {item!r} is no text; put it in quotes")
    if twice := _twice(listed):
        raise ValueError(f"{place}: {twice!r} is there twice; take it out once")
    return tuple(listed)


def _twice(listed: Collection[str]) -> str | None:
    return next((item for item in listed if list(listed).count(item) > 1), None)


def _check_store(group: str, store: str) -> None:
    """QuickSight takes what stands between commas for stores of their own, and keeps the start of a long value."""
    if "," in store:
        raise ValueError(
            f"group {group!r}, stores: {store!r} has a comma, at which QuickSight would part it into several stores; "
            "list each store by itself, and give a store whose id has a comma another id"
        )
    if not 1 <= len(store) <= MAX_STORE or store != store.strip() or not store.isprintable():
        raise ValueError(
            f"group {group!r}, stores: {store[:40]!r} is no id of a store: 1 to {MAX_STORE} characters in one line, "
            "without spaces around it"
        )
