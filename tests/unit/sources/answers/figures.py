"""Arithmetic of the answers: exact, rounded half up at the end."""

import math
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

Row = dict[str, Any]


def rounded(value: Fraction | Decimal | int, digits: int = 1) -> float:
    """A number to so many decimal places."""
    step = 10**digits
    exact = Fraction(value) * step
    whole = math.floor(abs(exact) + Fraction(1, 2))
    return (whole if exact >= 0 else -whole) / step


def percent(part: int | Decimal, whole: int | Decimal) -> float | None:
    """A share of 100, to one decimal place; None of nothing."""
    return rounded(100 * Fraction(part) / Fraction(whole)) if whole else None


def mean(values: Iterable[int | Decimal]) -> Fraction:
    """The average."""
    found = [Fraction(value) for value in values]
    return sum(found, Fraction(0)) / len(found)


def percentile(values: Iterable[Any], share: Fraction) -> Any:
    """The smallest value that at least this share of all are not above; None of none."""
    ordered = sorted(values)
    return ordered[max(math.ceil(share * len(ordered)), 1) - 1] if ordered else None


def cents(value: Fraction) -> Decimal:
    """An amount of money, to two decimal places."""
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    return exact.quantize(Decimal("0.01"), ROUND_HALF_UP)


def grouped(rows: Iterable[Row], key: Callable[[Row], Hashable]) -> dict[Any, list[Row]]:
    """Rows by a key, keys in order."""
    found: dict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        found[key(row)].append(row)
    return dict(sorted(found.items(), key=lambda item: item[0]))  # type: ignore[arg-type, return-value]


def on_days(rows: Iterable[Row], time: str, now: datetime, first: int, last: int) -> list[Row]:
    """Rows whose time lies on one of the days from `first` to `last` days after today: -1 is yesterday, 0 today."""
    wanted = {now.date() + timedelta(days) for days in range(first, last + 1)}
    return [row for row in rows if row[time].date() in wanted]


def monday(moment: datetime) -> date:
    """The first day of a moment's week."""
    return moment.date() - timedelta(moment.weekday())


def revenue(rows: Iterable[Row]) -> Decimal:
    """What orders brought."""
    return sum((row["price"] * row["quantity"] for row in rows), Decimal(0))
