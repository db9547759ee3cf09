"""Expressions: from sqlglot's nodes to DuckDB SQL with Trino's types, node by node.

Every node is either in the table here, with the parts it may have, or fails the query by name: DuckDB is only ever
given SQL that was written here, never a user's text.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import datetime

from sqlglot import exp

from .array_functions import concatenated, subscript
from .calls import FunctionCalls
from .casts import cast, zoned
from .clauses import Clause, contains_aggregate
from .errors import ErrorName, Position, QueryFailedError, not_supported
from .functions import common_of
from .literals import binary, current, decimal_literal, interval, number, target_type, text
from .operators import arithmetic, comparison, operands
from .parsing import position_of
from .scopes import Column, Demand, Scope, Value, row_of
from .time_zones import at_zone, zone_named
from .trino_types import (
    BOOLEAN,
    CLOCK_MOMENTS,
    INTERVALS,
    JSON,
    NUMBERS,
    STRUCTURES,
    UNKNOWN,
    VARBINARY,
    VARCHAR,
    Kind,
    Type,
    array,
)

_COMPARISONS = {
    exp.EQ: "=", exp.NEQ: "<>", exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">=",
    exp.NullSafeEQ: "IS NOT DISTINCT FROM", exp.NullSafeNEQ: "IS DISTINCT FROM",
}  # fmt: skip
_ARITHMETIC = {exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/", exp.Mod: "%"}


class Expressions(FunctionCalls):
    """Translates expressions of one query. ``subquery`` translates a query that stands inside an expression."""

    def __init__(
        self,
        query: str,
        now: datetime,
        demand: Demand,
        subquery: Callable[[exp.Expr, Scope], tuple[str, list[Value]]],
    ) -> None:
        self._query = query
        self._now = now
        self._demand = demand
        self._subquery = subquery

    def at(self, node: exp.Expr) -> Position | None:
        """Return where a node stands in the query."""
        return position_of(self._query, node)

    def condition(self, node: exp.Expr, clause: Clause) -> str:
        """Return the SQL of a boolean expression."""
        value = self.value(node, clause)
        if value.type.kind not in (Kind.BOOLEAN, Kind.UNKNOWN):
            message = f"{clause.name} clause must evaluate to a boolean: actual type {value.type}"
            raise QueryFailedError(ErrorName.TYPE_MISMATCH, message, self.at(node))
        return value.sql

    def value(self, node: exp.Expr, clause: Clause) -> Value:
        """Return a node's SQL and type; raises QueryFailedError for what is wrong or not supported."""
        if clause.grouped and not isinstance(node, exp.Literal) and not contains_aggregate(node):
            plain = self.value(node, dataclasses.replace(clause, grouped=None))
            if plain.sql in clause.grouped:
                return plain
        handler, parts = _HANDLERS.get(type(node), (None, frozenset()))
        if handler is None:
            raise not_supported(f"'{node.sql(dialect='trino')}' ({type(node).__name__})", self.at(node))
        extra = [name for name, part in node.args.items() if part and name not in parts]
        if extra:
            raise not_supported(f"'{node.sql(dialect='trino')}' ({', '.join(extra)})", self.at(node))
        return handler(self, node, clause)

    def _paren(self, node: exp.Paren, clause: Clause) -> Value:
        value = self.value(node.this, clause)
        return Value(f"({value.sql})", value.type)

    def _literal(self, node: exp.Literal, clause: Clause) -> Value:
        return text(str(node.this)) if node.is_string else number(str(node.this), self.at(node))

    def _boolean(self, node: exp.Boolean, clause: Clause) -> Value:
        return Value("TRUE" if node.this else "FALSE", BOOLEAN)

    def _null(self, node: exp.Null, clause: Clause) -> Value:
        return Value("NULL", UNKNOWN)

    def _column(self, node: exp.Column, clause: Clause) -> Value:
        parts = [part.name.lower() for part in node.parts]
        if parts[0] in clause.variables:
            return self._fields(clause.variables[parts[0]], parts[1:], node)
        outputs = [output for output in clause.outputs if len(parts) == 1 and output.name == parts[0]]
        if len({output.value.sql for output in outputs}) == 1:
            self._demand.need_all(outputs[0].uses)
            return outputs[0].value
        written = ".".join(parts)
        for length in range(min(len(parts), 3), 0, -1):  # the rest are fields of a row
            name = [None, None, *parts[:length]]
            found, is_outer = clause.scope.find(name[-3], name[-2], parts[length - 1])
            if not found:
                continue
            if len(found) > 1:
                raise QueryFailedError(ErrorName.AMBIGUOUS_NAME, f"Column '{written}' is ambiguous", self.at(node))
            value = self.offered(found[0], self.at(node))
            if clause.grouped is not None and not is_outer and value.sql not in clause.grouped:
                message = f"'{written}' must be an aggregate expression or appear in GROUP BY clause"
                raise QueryFailedError(ErrorName.EXPRESSION_NOT_AGGREGATE, message, self.at(node))
            return self._fields(value, parts[length:], node)
        message = f"Column '{written}' cannot be resolved or requester is not authorized to access requested resources"
        raise QueryFailedError(ErrorName.COLUMN_NOT_FOUND, message, self.at(node))

    def _fields(self, value: Value, names: list[str], node: exp.Expr) -> Value:
        """Return a field of a row, of a field of a row …"""
        for name in names:
            places = [index for index, field in enumerate(value.type.names) if field and field.lower() == name]
            if value.type.kind is not Kind.ROW or len(places) != 1:
                message = f"Column '{'.'.join(names)}' cannot be resolved: {value.type} has no field '{name}'"
                raise QueryFailedError(ErrorName.COLUMN_NOT_FOUND, message, self.at(node))
            value = Value(f"struct_extract({value.sql}, 'f{places[0]}')", value.type.arguments[places[0]])
        return value

    def _dot(self, node: exp.Dot, clause: Clause) -> Value:
        return self._fields(self.value(node.this, clause), [node.expression.name.lower()], node)

    def _variable(self, node: exp.Identifier, clause: Clause) -> Value:
        found = clause.variables.get(node.name.lower())
        return found or self._column(exp.column(node.copy()), clause)

    def _array(self, node: exp.Array, clause: Clause) -> Value:
        values = common_of([self.value(item, clause) for item in node.expressions])
        if values is None:
            raise QueryFailedError(ErrorName.TYPE_MISMATCH, "All ARRAY elements must be the same type", self.at(node))
        element = values[0].type if values else UNKNOWN
        return Value(f"CAST([{', '.join(value.sql for value in values)}] AS {element.duckdb}[])", array(element))

    def _row(self, node: exp.Tuple, clause: Clause) -> Value:
        return row_of([self.value(item, clause) for item in node.expressions])

    def _subscript(self, node: exp.Bracket, clause: Clause) -> Value:
        if len(node.expressions) != 1 or isinstance(node.expressions[0], exp.Slice):
            raise not_supported(f"'{node.sql(dialect='trino')}'", self.at(node))
        base, index = self.value(node.this, clause), self.value(node.expressions[0], clause)
        found = subscript(base, index)
        if found is None:
            message = f"Cannot use {index.type} for subscript of {base.type}"
            raise QueryFailedError(ErrorName.TYPE_MISMATCH, message, self.at(node))
        return found

    def _hexadecimal(self, node: exp.HexString, clause: Clause) -> Value:
        return binary(node, self.at(node))

    def _json(self, node: exp.ParseJSON, clause: Clause) -> Value:
        return Value(f"checked(py_json_parse({self.value(node.this, clause).sql}))", JSON)

    def offered(self, column: Column, position: Position | None) -> Value:
        """Return a column's value and note that it is needed."""
        if column.value is None:
            raise not_supported(f"Column '{column.name}': type {column.type_text}", position)
        self._demand.need(column)
        return column.value

    def _compare(self, node: exp.Binary, clause: Clause) -> Value:
        if isinstance(node.expression, exp.Any) or (
            isinstance(node.expression, exp.Anonymous) and str(node.expression.this).upper() in ("ALL", "ANY", "SOME")
        ):
            raise not_supported(f"'{node.sql(dialect='trino')}'", self.at(node))
        left, right = self.value(node.this, clause), self.value(node.expression, clause)
        return comparison(_COMPARISONS[type(node)], left, right, self.at(node))

    def _arithmetic(self, node: exp.Binary, clause: Clause) -> Value:
        left, right = self.value(node.this, clause), self.value(node.expression, clause)
        return arithmetic(_ARITHMETIC[type(node)], left, right, self.at(node))

    def _negative(self, node: exp.Neg, clause: Clause) -> Value:
        value = self.value(node.this, clause)
        if value.type.kind not in NUMBERS | INTERVALS:
            raise QueryFailedError(ErrorName.TYPE_MISMATCH, f"Cannot negate {value.type}", self.at(node))
        return Value(f"(-{value.sql})", value.type)

    def _connect(self, node: exp.Connector, clause: Clause) -> Value:
        word = "AND" if isinstance(node, exp.And) else "OR"
        inner = dataclasses.replace(clause, name=f"Left or right side of logical expression, {word}")
        return Value(f"({self.condition(node.this, inner)} {word} {self.condition(node.expression, inner)})", BOOLEAN)

    def _not(self, node: exp.Not, clause: Clause) -> Value:
        return Value(f"(NOT {self.condition(node.this, dataclasses.replace(clause, name='NOT'))})", BOOLEAN)

    def _is(self, node: exp.Is, clause: Clause) -> Value:
        if not isinstance(node.expression, exp.Null):
            raise not_supported(f"'{node.sql(dialect='trino')}'", self.at(node))
        return Value(f"({self.value(node.this, clause).sql} IS NULL)", BOOLEAN)

    def _concatenate(self, node: exp.DPipe, clause: Clause) -> Value:
        left, right = self.value(node.this, clause), self.value(node.expression, clause)
        if Kind.ARRAY in (left.type.kind, right.type.kind):
            joined = concatenated(left, right)
            if joined is not None:
                return joined
        if {left.type.kind, right.type.kind} == {Kind.VARBINARY}:
            return Value(f"({left.sql} || {right.sql})", VARBINARY)
        if not {left.type.kind, right.type.kind} <= {Kind.VARCHAR, Kind.UNKNOWN}:
            message = f"Unexpected parameters ({left.type}, {right.type}) for function concat"
            raise QueryFailedError(ErrorName.TYPE_MISMATCH, message, self.at(node))
        return Value(f"({left.sql} || {right.sql})", VARCHAR)

    def _between(self, node: exp.Between, clause: Clause) -> Value:
        value, at = self.value(node.this, clause), self.at(node)
        low = comparison(">=", value, self.value(node.args["low"], clause), at)
        high = comparison("<=", value, self.value(node.args["high"], clause), at)
        return Value(f"({low.sql} AND {high.sql})", BOOLEAN)

    def _in(self, node: exp.In, clause: Clause) -> Value:
        value = self.value(node.this, clause)
        if query := node.args.get("query"):
            sql, type_ = self._only_column(query, clause, node)
            left, right = operands("IN", value, Value("c0", type_), self.at(node))
            if left.type.kind in STRUCTURES:
                raise not_supported(f"IN of a subquery for values of type {left.type}", self.at(node))
            return Value(f"({left.sql} IN (SELECT {right.sql} FROM ({sql})))", BOOLEAN)
        listed = [self.value(item, clause) for item in node.expressions]
        values = common_of([value, *listed])
        if values is None:
            types = ", ".join(str(item.type) for item in listed)
            message = f"IN value and list items must be the same type: {value.type} in ({types})"
            raise QueryFailedError(ErrorName.TYPE_MISMATCH, message, self.at(node))
        if values[0].type.kind in STRUCTURES | {Kind.REAL, Kind.DOUBLE}:
            tests = (comparison("=", values[0], item, self.at(node)).sql for item in values[1:])
            return Value(f"({' OR '.join(tests)})", BOOLEAN)
        return Value(f"({values[0].sql} IN ({', '.join(item.sql for item in values[1:])}))", BOOLEAN)

    def _exists(self, node: exp.Exists, clause: Clause) -> Value:
        return Value(f"EXISTS({self._subquery(node.this, clause.scope)[0]})", BOOLEAN)

    def _scalar_subquery(self, node: exp.Subquery, clause: Clause) -> Value:
        sql, type_ = self._only_column(node.this, clause, node)
        return Value(f"({sql})", type_)

    def _only_column(self, query: exp.Expr, clause: Clause, node: exp.Expr) -> tuple[str, Type]:
        """Return a subquery of one column, and the column's type."""
        sql, outputs = self._subquery(query, clause.scope)
        if len(outputs) != 1:
            message = f"Multiple columns returned by subquery are not yet supported. Found {len(outputs)}"
            raise QueryFailedError(ErrorName.NOT_SUPPORTED, message, self.at(node))
        return sql, outputs[0].type

    def _like(self, node: exp.Like, clause: Clause, escape: str = "") -> Value:
        value, pattern = self.value(node.this, clause), self.value(node.expression, clause)
        if not {value.type.kind, pattern.type.kind} <= {Kind.VARCHAR, Kind.UNKNOWN}:
            message = f"Left side of LIKE expression must evaluate to a varchar (actual: {value.type})"
            raise QueryFailedError(ErrorName.TYPE_MISMATCH, message, self.at(node))
        word = "NOT LIKE" if node.args.get("negate") else "LIKE"
        return Value(f"({value.sql} {word} {pattern.sql}{escape})", BOOLEAN)

    def _escape(self, node: exp.Escape, clause: Clause) -> Value:
        if not isinstance(node.this, exp.Like) or not isinstance(node.expression, exp.Literal):
            raise not_supported(f"'{node.sql(dialect='trino')}'", self.at(node))
        return self._like(node.this, clause, f" ESCAPE {self.value(node.expression, clause).sql}")

    def _case(self, node: exp.Case, clause: Clause) -> Value:
        operand = self.value(node.this, clause) if node.this else None
        conditions = []
        for branch in node.args["ifs"]:
            if operand is None:
                conditions.append(self.condition(branch.this, dataclasses.replace(clause, name="CASE WHEN")))
            else:
                tested = self.value(branch.this, clause)
                conditions.append(comparison("=", operand, tested, self.at(branch)).sql)
        default = node.args.get("default")
        results = [self.value(branch.args["true"], clause) for branch in node.args["ifs"]]
        otherwise = self.value(default, clause) if default else Value("NULL", UNKNOWN)
        values = common_of([*results, otherwise])
        if values is None:
            message = f"All CASE results must be the same type or coercible to a common type: {results[0].type}"
            raise QueryFailedError(ErrorName.TYPE_MISMATCH, message, self.at(node))
        branches = "".join(f" WHEN {test} THEN {value.sql}" for test, value in zip(conditions, values, strict=False))
        return Value(f"CASE{branches} ELSE {values[-1].sql} END", values[-1].type)

    def _cast(self, node: exp.Cast, clause: Clause) -> Value:
        at, target = self.at(node), target_type(node.to, self.at(node))
        if target.kind is Kind.DECIMAL and self._follows(node.this, "DECIMAL"):
            return decimal_literal(str(node.this.this), at)
        if target.kind is Kind.TIMESTAMP_TZ and isinstance(node.this, exp.Literal) and node.this.is_string:
            return zoned(str(node.this.this), target, is_try=isinstance(node, exp.TryCast))
        value = self.value(node.this, clause)
        try:
            written = cast(value, target, is_try=isinstance(node, exp.TryCast))
        except QueryFailedError as error:
            raise error.placed(at) from None
        if written is None:
            raise QueryFailedError(ErrorName.TYPE_MISMATCH, f"Cannot cast {value.type} to {target}", at)
        return written

    def _follows(self, node: exp.Expr, word: str) -> bool:
        """Whether a literal stands right after a word: DECIMAL '1' is no CAST('1' AS DECIMAL)."""
        start = node.meta.get("start", 0) if isinstance(node, exp.Literal) else 0
        return self._query[:start].rstrip().upper().endswith(word)

    def _interval(self, node: exp.Interval, clause: Clause) -> Value:
        return interval(node, self.at(node))

    def _at_time_zone(self, node: exp.AtTimeZone, clause: Clause) -> Value:
        value, zone = self.value(node.this, clause), node.args["zone"]
        name = zone_named(str(zone.this)) if isinstance(zone, exp.Literal) and zone.is_string else None
        if value.type.kind not in CLOCK_MOMENTS or name is None:
            raise not_supported(f"AT TIME ZONE {zone.sql(dialect='trino')}", self.at(node))
        return at_zone(value, name)

    def _moment_now(self, node: exp.Expr, clause: Clause) -> Value:
        return current(node, self._now)

    def _function(self, node: exp.Anonymous, clause: Clause) -> Value:
        if str(node.this).lower() == "now" and not node.expressions:
            return self._moment_now(node, clause)
        return self.function(node, clause)


def _parts(names: str) -> frozenset[str]:
    return frozenset(names.split())


_BINARY = _parts("this expression")
_HANDLERS: dict[type, tuple[Callable[..., Value] | None, frozenset[str]]] = {
    exp.Paren: (Expressions._paren, _parts("this")),
    exp.Literal: (Expressions._literal, _parts("this is_string")),
    exp.Boolean: (Expressions._boolean, _parts("this")),
    exp.Null: (Expressions._null, frozenset()),
    exp.Column: (Expressions._column, _parts("this table db catalog")),
    exp.Dot: (Expressions._dot, _BINARY),
    exp.Identifier: (Expressions._variable, _parts("this quoted")),
    exp.Array: (Expressions._array, _parts("expressions")),
    exp.Tuple: (Expressions._row, _parts("expressions")),
    exp.Bracket: (Expressions._subscript, _parts("this expressions")),
    exp.HexString: (Expressions._hexadecimal, _parts("this")),
    exp.ParseJSON: (Expressions._json, _parts("this is_literal")),
    exp.Neg: (Expressions._negative, _parts("this")),
    exp.And: (Expressions._connect, _BINARY),
    exp.Or: (Expressions._connect, _BINARY),
    exp.Not: (Expressions._not, _parts("this")),
    exp.Is: (Expressions._is, _BINARY),
    exp.DPipe: (Expressions._concatenate, _parts("this expression safe")),
    exp.Between: (Expressions._between, _parts("this low high")),
    exp.In: (Expressions._in, _parts("this expressions query")),
    exp.Exists: (Expressions._exists, _parts("this")),
    exp.Subquery: (Expressions._scalar_subquery, _parts("this")),
    exp.Like: (Expressions._like, _parts("this expression negate")),
    exp.Escape: (Expressions._escape, _BINARY),
    exp.Case: (Expressions._case, _parts("this ifs default")),
    exp.Cast: (Expressions._cast, _parts("this to")),
    exp.TryCast: (Expressions._cast, _parts("this to safe")),
    exp.Interval: (Expressions._interval, _parts("this unit")),
    exp.AtTimeZone: (Expressions._at_time_zone, _parts("this zone")),
    exp.CurrentTimestamp: (Expressions._moment_now, frozenset()),
    exp.CurrentDate: (Expressions._moment_now, frozenset()),
    exp.Localtimestamp: (Expressions._moment_now, frozenset()),
    exp.Localtime: (Expressions._moment_now, frozenset()),
    exp.Extract: (Expressions.grammar, _BINARY),
    exp.Substring: (Expressions.grammar, _parts("this start length")),
    exp.StrPosition: (Expressions.grammar, _parts("this substr")),
    exp.Trim: (Expressions.grammar, _parts("this position expression")),
    exp.Anonymous: (Expressions._function, _parts("this expressions")),
    exp.WithinGroup: (Expressions.within_group, _BINARY),
    exp.Filter: (Expressions.filtered, _BINARY),
    exp.Window: (Expressions.windowed, _parts("this partition_by order spec over alias")),
    **dict.fromkeys(_COMPARISONS, (Expressions._compare, _BINARY)),
    **dict.fromkeys(_ARITHMETIC, (Expressions._arithmetic, _parts("this expression typed safe"))),
}
