"""Answers the dashboards that were deployed, over what SPICE has."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from . import queries, row_level_security
from .answers import Control, DashboardAnswer, DashboardSummary, Selection, VisualAnswer
from .dashboards import definition_of
from .data_sets import SPICE, source_of
from .definition.layouts import read_texts
from .definition.parts import Categories, Definition, Filter, FilterControl, TimeRange, Visual
from .errors import access_denied, invalid
from .groups import Groups
from .importing import AthenaImport, ImportFailure
from .ingestions import FULL, Ingestions
from .permissions import may_query
from .refreshes import INCREMENTAL, lookback_window
from .registry import DASHBOARD, Registry, Resource
from .spice import Imported, Spice
from .themes import Themes

if TYPE_CHECKING:
    import duckdb

# Nothing outside the process is reachable.
_CLOSED: dict[str, str | bool | int | float | list[str]] = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "python_enable_replacements": "false",
    "threads": "2",
}
_Row = Mapping[str, Any]


class DeployedDashboards:
    """As of `answers.Dashboards`. May be used by several threads at once."""

    def __init__(
        self,
        registry: Registry,
        groups: Groups,
        themes: Themes,
        spice: Spice,
        source: AthenaImport,
        ingestions: Ingestions,
    ) -> None:
        self._registry = registry
        self._groups = groups
        self._themes = themes
        self._spice = spice
        self._source = source
        self._ingestions = ingestions
        self._database: duckdb.DuckDBPyConnection | None = None
        self._lock = threading.Lock()

    def groups(self) -> Sequence[str]:
        """As of Dashboards."""
        return self._groups.names()

    def listed(self, as_group: str | None = None) -> Sequence[DashboardSummary]:
        """As of Dashboards."""
        found = [it for it in self._registry.all(DASHBOARD) if self._may(it, as_group)]
        summaries = [
            DashboardSummary(
                it.id,
                it.content["Name"],
                datetime.fromtimestamp(it.updated, UTC),
                [text for sheet in it.content["Definition"]["Sheets"] for text in read_texts(sheet)],
            )
            for it in found
        ]
        return sorted(summaries, key=lambda summary: summary.name)

    def usual_dates(self, dashboard_id: str) -> tuple[date, date] | tuple[()]:
        """As of Dashboards."""
        definition = definition_of(self._registry.find(DASHBOARD, dashboard_id).content, self._registry)
        usual = _Asked(definition, Selection(), datetime.now(UTC).replace(tzinfo=None))
        ranges = (control.filter for control in definition.controls if isinstance(control.filter, TimeRange))
        return next((days for each in ranges if (days := usual.span(each).days())), ())

    def refresh(self, dashboard_id: str) -> None:
        """As of Dashboards."""
        definition = definition_of(self._registry.find(DASHBOARD, dashboard_id).content, self._registry)
        for arn in definition.data_set_arns.values():
            data_set = self._registry.of_arn(arn)
            if data_set and data_set.content["ImportMode"] == SPICE:
                self._ingestions.ask_for(data_set, INCREMENTAL if lookback_window(data_set.refresh or {}) else FULL)

    def answer(self, dashboard_id: str, selection: Selection) -> DashboardAnswer:
        """As of Dashboards."""
        found = self._registry.find(DASHBOARD, dashboard_id)
        if not self._may(found, selection.as_group):
            raise access_denied(f"The dashboard {dashboard_id} is not shared with the group {selection.as_group}")
        definition = definition_of(found.content, self._registry)
        _check(selection, definition.controls)
        asked = _Asked(definition, selection, datetime.now(UTC).replace(tzinfo=None))
        data_sets = {
            identifier: data_set
            for identifier, arn in definition.data_set_arns.items()
            if (data_set := self._registry.of_arn(arn))
        }
        shown = {visual.data_set for visual in definition.visuals}
        # Asked before the rows are read, so that what is no longer being imported is shown.
        is_importing = any(self._ingestions.is_importing(data_sets[identifier]) for identifier in shown)
        tables = {identifier: self._table(each, selection.as_group) for identifier, each in data_sets.items()}
        times = [tables[identifier].at for identifier in shown]
        return DashboardAnswer(
            found.id,
            found.content["Name"],
            [self._visual(visual, tables[visual.data_set], asked) for visual in definition.visuals],
            definition.texts,
            definition.places,
            [self._control(control, tables[control.filter.scope.data_set], asked) for control in definition.controls],
            None if None in times else min((at for at in times if at), default=None),
            self._themes.configuration(found.content.get("ThemeArn")),
            [tables[identifier].failure for identifier in sorted(shown) if tables[identifier].failure],
            is_importing,
        )

    def _may(self, dashboard: Resource, group: str | None) -> bool:
        return group is None or may_query(dashboard, self._groups.arn(group))

    def _table(self, data_set: Resource, group: str | None) -> _Table:
        """The rows of a data set that a group may see."""
        imported, failure = self._rows(data_set)
        rules = data_set.content.get("RowLevelPermissionDataSet")
        if group is None or not rules or rules.get("Status") == "DISABLED":
            return _Table(imported, "TRUE", failure)
        permissions = self._registry.of_arn(rules["Arn"])
        given = self._rows(permissions)[0] if permissions else None
        condition = row_level_security.condition(
            given.table.to_pylist() if given else [],
            rules.get("FormatVersion") or "VERSION_1",
            group,
            self._groups.arn(group),
        )
        return _Table(imported, condition, failure)

    def _rows(self, data_set: Resource) -> tuple[Imported | None, str]:
        """What there is of a data set, and why the last import failed."""
        source = source_of(data_set.content)
        if data_set.content["ImportMode"] != SPICE:
            try:
                return Imported(self._source.rows(source), datetime.now(UTC), source), ""
            except ImportFailure as failure:
                return None, _told(data_set, failure)
        imported, failed = self._spice.get(data_set.arn), self._ingestions.last_failure(data_set)
        if imported and not source.columns.keys() <= {*imported.table.column_names}:
            # It was changed, and has not been imported since.
            imported = None
        return imported, _told(data_set, failed) if failed else ""

    def _visual(self, visual: Visual, table: _Table, asked: _Asked) -> VisualAnswer:
        fields = [each.field for each in visual.shown]
        conditions = [table.condition, *asked.conditions(visual, table)]
        rows = self._ask(table, queries.of_visual(visual, conditions))
        return VisualAnswer(
            visual.id,
            visual.title,
            visual.kind,
            visual.orientation,
            fields,
            [dict(zip((field.id for field in fields), row, strict=True)) for row in rows],
            visual.lines,
            visual.is_stacked,
        )

    def _control(self, control: FilterControl, table: _Table, asked: _Asked) -> Control:
        column = control.filter.scope.column
        if isinstance(control.filter, TimeRange):
            return Control(control.id, control.title, "dates", column, (), asked.span(control.filter).days())
        options = control.options
        if options is None:
            options = tuple(row[0] for row in self._ask(table, queries.of_values(column, table.condition)))
        selected = asked.chosen(control.filter) or control.filter.values or ()
        return Control(control.id, control.title, "values", column, options, selected)

    def _ask(self, table: _Table, sql: str) -> list[tuple[Any, ...]]:
        if table.imported is None:
            return []
        import duckdb

        with self._lock:
            self._database = database = self._database or duckdb.connect(":memory:", config=_CLOSED)
            connection = database.cursor()
        try:
            with connection:
                connection.register(queries.TABLE, table.imported.table)
                return connection.execute(sql).fetchall()
        except (duckdb.FatalException, duckdb.InternalException):
            # DuckDB does not go on with a database after such an error; the next question makes another.
            with self._lock:
                self._database = None if self._database is database else self._database
            raise


class _Table:
    """The rows of a data set, what holds of those that somebody may see, and why the last import failed."""

    def __init__(self, imported: Imported | None, condition: str, failure: str) -> None:
        self.imported = imported
        self.condition = condition
        self.failure = failure

    @property
    def at(self) -> datetime | None:
        return self.imported.at if self.imported else None

    def has(self, column: str) -> bool:
        return self.imported is not None and column in self.imported.table.column_names


class _Asked:
    """What a definition's filters say of rows, with what a reader has chosen."""

    def __init__(self, definition: Definition, selection: Selection, now: datetime) -> None:
        self._definition = definition
        self._selection = selection
        self._now = now
        self._controlled = {control.filter.id for control in definition.controls}

    def span(self, range_: TimeRange) -> queries.Span:
        """The times of a range."""
        if self._selection.dates and range_.id in self._controlled:
            return queries.span_of_days(*self._selection.dates)
        return queries.span(range_, self._now, self._definition.week_start)

    def chosen(self, filter_: Categories) -> Sequence[str]:
        """The values that a reader has chosen."""
        is_controlled = filter_.id in self._controlled
        return tuple(self._selection.values.get(filter_.scope.column, ())) if is_controlled else ()

    def conditions(self, visual: Visual, table: _Table) -> list[str]:
        """What holds of the rows of a visual."""
        return [self._condition(each) for each in self._definition.filters if _is_for(each, visual, table)]

    def _condition(self, filter_: Filter) -> str:
        if isinstance(filter_, TimeRange):
            return queries.in_span(filter_, self.span(filter_))
        return queries.in_categories(filter_, self.chosen(filter_))


def _is_for(filter_: Filter, visual: Visual, table: _Table) -> bool:
    scope = filter_.scope
    if scope.visual_ids is not None and visual.id not in scope.visual_ids:
        return False
    return scope.data_set == visual.data_set or (scope.is_for_all_data_sets and table.has(scope.column))


def _check(selection: Selection, controls: Sequence[FilterControl]) -> None:
    """Raise ServiceError for a choice that the dashboard does not have."""
    columns = {control.filter.scope.column for control in controls if isinstance(control.filter, Categories)}
    if unknown := sorted(selection.values.keys() - columns):
        raise invalid(f"The dashboard has no control of {', '.join(unknown)}")
    if selection.dates is None:
        return
    first, last = selection.dates
    if not any(isinstance(control.filter, TimeRange) for control in controls):
        raise invalid("The dashboard has no control of dates")
    if first > last or last == date.max:
        raise invalid(f"The dates {first} to {last} are no range")


def _told(data_set: Resource, failure: ImportFailure) -> str:
    return f"{data_set.content['Name']}: {failure.type}: {failure.message}"
