"""Moments and days by the business's own clock, in Athena's SQL; the tables' moments are in UTC."""

TODAY = "CAST(current_timestamp AT TIME ZONE '{timezone}' AS date)"
"""The day that it is where the business is."""


def local(column: str) -> str:
    """A moment of a table as the business's clock shows it."""
    return f"CAST(with_timezone({column}, 'UTC') AT TIME ZONE '{{timezone}}' AS timestamp)"


def local_day(column: str) -> str:
    """The day of a moment of a table where the business is."""
    return f"CAST(with_timezone({column}, 'UTC') AT TIME ZONE '{{timezone}}' AS date)"
