"""Which rows a group sees, by the rules of a permissions data set.

https://docs.aws.amazon.com/quicksight/latest/user/restrict-access-to-a-data-set-using-row-level-security.html: a group
sees what any of its rules allows; a rule's field that is null allows every value; without a rule there is no row.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from typing import Any

from .data_sets import NAMES_BY_FORMAT, quoted
from .sql_text import any_of

_OF_GROUPS = {"VERSION_1": "GroupName", "VERSION_2": "GroupARN"}
NO_ROWS = "FALSE"
_EVERY_ROW = "TRUE"


def condition(rules: Iterable[Mapping[str, Any]], format_version: str, name: str, arn: str) -> str:
    """What holds of the rows that a group sees, in SQL."""
    mine = {"VERSION_1": name, "VERSION_2": arn}[format_version]
    about = NAMES_BY_FORMAT[format_version]
    allowed = [
        _of_rule({column: value for column, value in rule.items() if column not in about})
        for rule in rules
        if mine in _values(rule.get(_OF_GROUPS[format_version]))
    ]
    return " OR ".join(f"({each})" for each in allowed) or NO_ROWS


def _of_rule(fields: Mapping[str, Any]) -> str:
    conditions = [any_of(quoted(column), _values(value)) for column, value in fields.items() if _values(value)]
    return " AND ".join(conditions) or _EVERY_ROW


def _values(text: Any) -> list[str]:
    """Several values stand in one field, with commas between them; one that has a comma stands in quotes."""
    return next(csv.reader([str(text)]), []) if text not in (None, "") else []
