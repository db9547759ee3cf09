"""Whose dashboards they are."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Business:
    """How a business writes times and numbers, by its stack's settings, and where it asks for people's opinion."""

    timezone: str = "UTC"
    """IANA name of its time zone, in which its days begin."""
    currency: str = "USD"
    """ISO 4217 code of its money."""
    language: str = "en"
    """The language, by ISO 639, whose separators its numbers have."""
    survey_url: str | None = None
    """Address of the survey's page; None: there is none."""
