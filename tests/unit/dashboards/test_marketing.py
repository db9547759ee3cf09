"""What *marketing* shows, by the local Athena, against plain Python: what campaigns bring and cost, and who stays."""

import datetime
import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from decimal import Decimal

import pytest

from dashboards import MARKETING, Ratio
from dashboards.campaigns import CAMPAIGNS
from dashboards.retention import RETENTION

from .plain import DAY, local, utc
from .tables import Row, Tables

NOON = datetime.datetime(2026, 4, 1, 12)
CLOCKS = [
    pytest.param("UTC", NOON, id="UTC"),
    pytest.param("Europe/Berlin", datetime.datetime(2026, 3, 29, 22, 30), id="Berlin, half an hour into a Monday"),
    pytest.param("America/New_York", datetime.datetime(2026, 11, 2, 4, 59), id="New York, the end of a Sunday"),
    pytest.param("Pacific/Kiritimati", datetime.datetime(2026, 4, 5, 10), id="a day ahead of UTC"),
]
"""Zones, and moments in UTC near the change of a week."""
KINDS = ("install", "af_login", "af_purchase", "af_refund")


def event(user: str | None, at: datetime.datetime, kind: str, campaign: str | None, cents: int | None = None) -> Row:
    revenue = None if cents is None else Decimal(cents) / 100
    return {"user_id": user, "timestamp": at, "event_type": kind, "campaign_id": campaign, "revenue": revenue}


def cost(file: int, row: int, campaign: str, day: datetime.date, cents: int, second: int | None = None) -> Row:
    """A row of a file, of which the first came at midnight and each later one a second after the one before."""
    received_at = datetime.datetime(2026, 4, 1) + datetime.timedelta(seconds=file if second is None else second)
    return {
        "campaign_id": campaign,
        "day": day,
        "cost": Decimal(cents) / 100,
        "received_at": received_at,
        "ingest_id": f"file{file}-{row}",
    }


def app_events(now: datetime.datetime, timezone: str) -> Iterator[Row]:
    """Events of a hundred days, many of them at the edges of a business's days."""
    randomness = random.Random(timezone)
    today = local(now, timezone).date()
    for number in range(1200):
        day = datetime.datetime.combine(today - randomness.randrange(-2, 100) * DAY, datetime.time())
        second = randomness.choice((0, 86_399, randomness.randrange(86_400)))
        kind = randomness.choice(KINDS)
        cents = randomness.randrange(-500, 5000) if kind in ("af_purchase", "af_refund") else None
        user = randomness.choice((None, *(f"u{user}" for user in range(150))))
        campaign = randomness.choice((None, "", "summer", "winter", "no costs"))
        # No two at one moment: which install of a user came first is clear.
        at = utc(day, timezone) + datetime.timedelta(seconds=second, milliseconds=number % 1000)
        yield event(user, at, kind, campaign, cents)


def campaign_of(row: Row) -> str:
    return row["campaign_id"] or "organic"


@pytest.mark.parametrize(("timezone", "now"), CLOCKS)
def test_a_campaign_s_day_is_what_plain_python_works_out(tables: Tables, timezone: str, now: datetime.datetime) -> None:
    rows = list(app_events(now, timezone))
    randomness, today = random.Random(3), local(now, timezone).date()
    costs = {
        (campaign, today - number * DAY): randomness.randrange(1, 9000)
        for campaign in ("summer", "winter", "never installed")
        for number in range(randomness.randrange(5), 40, randomness.randrange(1, 4))
    }
    tables.hold("appsflyer", rows)
    tables.hold("campaign_costs", (cost(1, n, *key, cents) for n, (key, cents) in enumerate(costs.items())))

    installs: Counter[tuple[str, datetime.date]] = Counter()
    revenue: dict[tuple[str, datetime.date], Decimal] = defaultdict(Decimal)
    for row in rows:
        key = campaign_of(row), local(row["timestamp"], timezone).date()
        installs[key] += row["event_type"] == "install"
        revenue[key] += row["revenue"] or 0
    expected = {}
    for key in revenue.keys() | costs.keys():
        spent, brought = costs.get(key), float(revenue[key])
        paid = key[0] in ("summer", "winter", "never installed")
        expected[key] = (
            installs[key],
            pytest.approx(brought),
            None if spent is None else spent / 100,
            installs[key] if paid else None,
            pytest.approx(brought - (spent or 0) / 100) if paid else None,
        )
    answer = tables.ask(CAMPAIGNS, now, timezone)
    names = ("installs", "revenue", "cost", "paid_installs", "profit")
    assert {
        (row["campaign"], row["occurred_at"].date()): tuple(row[name] for name in names) for row in answer
    } == expected
    assert len(answer) == len(expected) > 200
    assert {row["occurred_at"].time() for row in answer} == {datetime.time()}


def spent(tables: Tables, *rows: Row) -> dict[tuple[str, int], float]:
    """What campaigns cost by the day of the month, of rows of files."""
    tables.hold("appsflyer", ())
    tables.hold("campaign_costs", rows)
    return {(row["campaign"], row["occurred_at"].day): row["cost"] for row in tables.ask(CAMPAIGNS, NOON)}


def test_of_a_campaign_and_a_day_the_rows_of_the_file_that_came_last_count(tables: Tables) -> None:
    first, second = datetime.date(2026, 3, 1), datetime.date(2026, 3, 2)
    file = [cost(1, 1, "a", first, 100), cost(1, 2, "a", second, 200), cost(1, 3, "b", first, 400)]
    corrected = [cost(2, 1, "a", first, 150)]

    assert spent(tables, *file) == {("a", 1): 1, ("a", 2): 2, ("b", 1): 4}
    assert spent(tables, *file, *corrected) == {("a", 1): 1.5, ("a", 2): 2, ("b", 1): 4}
    assert spent(tables, *corrected, *file) == {("a", 1): 1.5, ("a", 2): 2, ("b", 1): 4}
    assert spent(tables, *file, cost(2, 1, "a", first, 0)) == {("a", 1): 0, ("a", 2): 2, ("b", 1): 4}


def test_rows_of_one_file_add_up_and_those_of_two_files_never(tables: Tables) -> None:
    day = datetime.date(2026, 3, 1)
    advertisements = [cost(1, 9, "a", day, 100), cost(1, 10, "a", day, 30)]

    assert spent(tables, *advertisements) == {("a", 1): 1.3}
    assert spent(tables, *advertisements, cost(2, 1, "a", day, 50), cost(2, 2, "a", day, 20)) == {("a", 1): 0.7}
    # Files of the same second: one of them counts, whichever.
    assert spent(tables, *advertisements, cost(2, 1, "a", day, 50, second=1)) == {("a", 1): 0.5}


def test_a_campaign_without_costs_neither_pays_for_others_nor_makes_installs_cheaper(tables: Tables) -> None:
    at = NOON - DAY
    tables.hold(
        "appsflyer",
        [
            event("u1", at, "install", "paid"),
            event("u1", at, "af_purchase", "paid", 1500),
            *(event(f"o{number}", at, "install", None) for number in range(9)),
            event("o1", at, "af_purchase", None, 99_900),
        ],
    )
    tables.hold("campaign_costs", [cost(1, 1, "paid", at.date(), 1000)])

    answer = tables.ask(CAMPAIGNS, NOON)

    def total(column: str) -> float:
        return float(sum(row[column] or 0 for row in answer))

    shown = {
        measure.label: total(measure.numerator) / total(measure.denominator)
        for visual in MARKETING.visuals
        for measure in visual.measures
        if isinstance(measure, Ratio) and visual.data_set is CAMPAIGNS
    }
    assert shown == {"Return on costs": 0.5, "Costs per install": 10}
    assert total("installs") == 10


def cohorts(rows: Iterable[Row], now: datetime.datetime, timezone: str) -> dict[tuple[str, str, int], tuple[int, int]]:
    """By cohort, campaign and weeks after it: how many installed, and how many of them used the app in that week."""
    today = local(now, timezone).date()

    def week(row: Row) -> datetime.date:
        day: datetime.date = local(row["timestamp"], timezone).date()
        return day - datetime.timedelta(days=day.weekday())

    this_week = today - today.weekday() * DAY
    read = sorted(
        (
            row
            for row in rows
            if row["user_id"] is not None
            and datetime.datetime.combine(now.date() - 85 * DAY, datetime.time()) <= row["timestamp"]
            and row["timestamp"].date() <= now.date()
        ),
        key=lambda row: row["timestamp"],
    )
    installed: dict[str, Row] = {}
    used: dict[str, set[datetime.date]] = defaultdict(set)
    for row in read:
        if row["event_type"] == "install":
            installed.setdefault(row["user_id"], row)
        elif row["user_id"] in installed:
            used[row["user_id"]].add(week(row))
    found: dict[tuple[str, str, int], tuple[int, int]] = defaultdict(lambda: (0, 0))
    for user, install in installed.items():
        cohort = week(install)
        for after in range(12):
            if this_week - 77 * DAY <= cohort and cohort + 7 * after * DAY <= today:
                key = cohort.isoformat(), campaign_of(install), after
                found[key] = (found[key][0] + 1, found[key][1] + (cohort + 7 * after * DAY in used[user]))
    return dict(found)


@pytest.mark.parametrize(("timezone", "now"), CLOCKS)
def test_who_of_a_week_s_installs_stays_is_what_plain_python_works_out(
    tables: Tables, timezone: str, now: datetime.datetime
) -> None:
    rows = list(app_events(now, timezone))
    tables.hold("appsflyer", rows)

    answer = tables.ask(RETENTION, now, timezone)

    expected = cohorts(rows, now, timezone)
    assert {
        (row["cohort"], row["campaign"], row["week"]): (row["installed"], row["active"]) for row in answer
    } == expected
    assert len({cohort for cohort, _campaign, _week in expected}) >= 11
    assert {week for _cohort, _campaign, week in expected} == set(range(12))


def test_a_cohort_by_hand(tables: Tables) -> None:
    monday = datetime.datetime(2026, 3, 16)
    tables.hold(
        "appsflyer",
        [
            # Installed first by themselves, and once more by a campaign: they are nobody's.
            event("stays", monday, "install", None),
            event("stays", monday + DAY, "install", "summer"),
            event("stays", monday + 2 * DAY, "af_login", "summer"),
            event("stays", monday + 7 * DAY, "af_login", "summer"),
            event("stays", monday + 8 * DAY, "af_purchase", None, 500),
            event("goes", monday + 6 * DAY, "install", None),
            event("was there before", monday - DAY, "af_login", "winter"),
            event("was there before", monday, "install", "winter"),
        ],
    )

    answer = sorted(
        (row["campaign"], row["week"], row["installed"], row["active"]) for row in tables.ask(RETENTION, NOON)
    )

    assert answer == [
        ("organic", 0, 2, 1),
        ("organic", 1, 2, 1),
        ("organic", 2, 2, 0),
        ("winter", 0, 1, 0),
        ("winter", 1, 1, 0),
        ("winter", 2, 1, 0),
    ]


def test_no_user_leaves_the_query(tables: Tables) -> None:
    tables.hold("appsflyer", [event("someone", NOON - DAY, "install", None)])
    tables.hold("campaign_costs", ())
    for data_set in (CAMPAIGNS, RETENTION):
        [row] = [row for row in tables.ask(data_set, NOON) if row["campaign"] == "organic"]
        assert "someone" not in str(row)
        assert set(row) == {column.name for column in data_set.columns}
