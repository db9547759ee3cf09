"""The queries behind a dashboard, in Athena's SQL."""

from .model import DataSet


def select(data_set: DataSet, timezone: str) -> str:
    """A data set's query for a business of a time zone, which its view keeps."""
    return data_set.sql.replace("{timezone}", timezone)
