"""The query behind a dashboard, in Athena's SQL."""

from .model import Dashboard


def query(dashboard: Dashboard, database: str, table: str) -> str:
    """Select the dashboard's columns of its last days.

    The condition is on the partition key, so that Athena reads the partitions of those days alone. Its clock is UTC.
    """
    columns = ",\n  ".join(f"{column.expression} AS {column.name}" for column in dashboard.columns)
    return (
        f"SELECT\n  {columns}\n"
        f'FROM "{database}"."{table}"\n'
        f"WHERE datehour >= date_format(current_timestamp - INTERVAL '{dashboard.last_days}' DAY, '%Y/%m/%d/%H')"
    )
