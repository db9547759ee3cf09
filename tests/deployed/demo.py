"""A deployed stack whose dashboards have something to show: demo data, and an hour of operations."""

import datetime
import json

from rapid.cli.dashboard_data import DashboardData
from rapid.cli.demo import command
from rapid.cli.target import LocalStack


def fill(stack: LocalStack, days: int, orders_a_day: int) -> None:
    """Send all of that, and import it into the dashboards' data sets."""
    assert command.run(command.Options(days, orders_a_day, seed=1, into_production=False)) == 0
    _collect(stack)
    data = DashboardData(stack)
    data.import_now(data.data_sets())


def _collect(stack: LocalStack) -> None:
    """Have the collector write down the hour that it is, as if it had ended."""
    functions = stack.client("lambda")
    [name] = [it["FunctionName"] for it in functions.list_functions()["Functions"] if "collector" in it["FunctionName"]]
    soon = datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=1)
    answer = functions.invoke(FunctionName=name, Payload=json.dumps({"time": soon.isoformat()}).encode())
    assert "FunctionError" not in answer, answer["Payload"].read()
