"""A stack's dashboards: whether they are there, and what QuickSight has imported for them."""

from collections.abc import Callable, Sequence

from .. import target
from ..console import number_of
from ..dashboard_data import DashboardData
from .checks import Checks, NotMadeError

_NEXT = "docs/runbook.md#dashboards"


def check(stack: target.Target, checks: Checks, tell: Callable[[str], None], *, named: bool) -> None:
    """Check CloudWatch's dashboard and QuickSight's, and the data of the latter.

    `named`: sources were asked for by name, so that tables of others need not be there.
    """
    tell("looking at dashboards")
    data_sets: Sequence[str] = ()
    with checks.make("", "dashboards", f"deploy again; {_NEXT}") as made:
        seen = []
        if name := stack.masked_outputs.get("operations_dashboard"):
            stack.client("cloudwatch").get_dashboard(DashboardName=name)
            seen.append(f"CloudWatch {name}")
        data = DashboardData(stack)
        data_sets = data.data_sets()
        seen += [f"QuickSight {dashboard_id}" for dashboard_id in data.ids]
        if not seen:
            raise NotMadeError("the stack has no dashboards")
        made.seen = ", ".join(seen)
    if data_sets and not named:
        with checks.make("", "dashboard data", _NEXT) as made:
            made.seen = _imports(data, data_sets, tell)


def _imports(data: DashboardData, data_sets: Sequence[str], tell: Callable[[str], None]) -> str:
    """How much was imported. What has nothing yet is imported now: of a new stack, the first time came before its data.

    Raises CommandError for an import that fails.
    """
    rows = {data_set: data.rows(data_set) or 0 for data_set in data_sets}
    if empty := [data_set for data_set, count in rows.items() if not count]:
        tell(f"importing {', '.join(empty)}")
        rows |= data.import_now(empty)
    empty = [data_set for data_set, count in rows.items() if not count]
    more = f"; without rows: {', '.join(empty)}" if empty else ""
    return f"{number_of(sum(rows.values()), 'row')} in {number_of(len(rows), 'data set')}{more}"
