"""The functions that a query may call, and how each is written in DuckDB: a list of what is let in, nothing else is.

Source of names, parameters and results: https://trino.io/docs/current/functions.html (Athena engine version 3 runs
Trino's). A function that is not listed fails the query: with FUNCTION_NOT_FOUND if Trino has none of that name either,
else with NOT_SUPPORTED.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sqlglot import exp

from .scopes import Value
from .trino_types import STRUCTURES, UNKNOWN, Kind, Type, common


@dataclass(frozen=True)
class Lambda:
    """A lambda argument: how many parameters it has, and its body for values of them."""

    parameters: int
    body: Callable[..., Value]


@dataclass(frozen=True)
class Call:
    """One call: its arguments translated, and as they were written (a pattern or unit must be a literal).

    ``suffix`` is what follows an aggregate or window function's parenthesis (FILTER, OVER); ``distinct`` is
    ``DISTINCT `` or empty; ``order`` and ``nulls`` are what ends the list of arguments (ORDER BY, IGNORE NULLS).
    ``lambdas`` write the bodies of lambda arguments, by index, for values of their parameters; ``variable`` is a name
    that no lambda around this call has.
    """

    name: str
    arguments: tuple[Value, ...]
    nodes: tuple[exp.Expr, ...]
    suffix: str = ""
    distinct: str = ""
    order: str = ""
    nulls: str = ""
    lambdas: Mapping[int, Lambda] = field(default_factory=dict)
    variable: str = "e0"

    def literal(self, index: int) -> str | None:
        """Return the text of a string or number literal argument, ``None`` if it is anything else."""
        node = self.nodes[index] if index < len(self.nodes) else None
        return str(node.this) if isinstance(node, exp.Literal) else None

    def applied(self, index: int, *values: Value) -> Value | None:
        """Return the body of a lambda argument; ``None`` if there is none there with so many parameters."""
        found = self.lambdas.get(index)
        return found.body(*values) if found and found.parameters == len(values) else None


class UnsupportedCallError(Exception):
    """The function exists, but not with these arguments in the local cloud; the message names what."""


Parameter = Type | frozenset[Kind]
Build = Callable[[Call], Value | None]
"""Writes a call, ``None`` if the arguments do not fit."""


def coerce(value: Value, type_: Type) -> Value:
    """Return ``value`` as ``type_``, which it must coerce to (or be cast to by the caller's rules)."""
    if value.type == type_:
        return value
    if value.type.kind is not Kind.UNKNOWN and value.type.duckdb == type_.duckdb:
        return Value(value.sql, type_)
    return Value(f"CAST({value.sql} AS {type_.duckdb})", type_)


def fits(value: Value, parameter: Parameter) -> Value | None:
    """Return the argument as the parameter takes it, ``None`` if it does not."""
    if isinstance(parameter, frozenset):
        return value if value.type.kind in parameter or value.type.kind is Kind.UNKNOWN else None
    shared = common(value.type, parameter)
    if shared is None or shared.kind is not parameter.kind:
        return None
    return coerce(value, shared if parameter.kind in STRUCTURES else parameter)


def fit_all(call: Call, *parameters: Parameter) -> list[Value] | None:
    """Return all arguments as the parameters take them, ``None`` if their number or types differ."""
    if len(call.arguments) != len(parameters):
        return None
    fitted = [fits(value, parameter) for value, parameter in zip(call.arguments, parameters, strict=True)]
    return None if any(value is None for value in fitted) else [value for value in fitted if value is not None]


def fixed(template: str, result: Type | None, *parameters: Parameter) -> Build:
    """Return a builder for fixed parameters; ``result`` None means the type of the first argument."""

    def build(call: Call) -> Value | None:
        values = fit_all(call, *parameters)
        if values is None:
            return None
        return Value(template.format(*(value.sql for value in values)), result or values[0].type)

    return build


def first_of(*builds: Build) -> Build:
    """Return a builder for an overloaded function: the first signature that fits."""

    def build(call: Call) -> Value | None:
        return next((value for option in builds if (value := option(call)) is not None), None)

    return build


def common_of(values: tuple[Value, ...] | list[Value]) -> list[Value] | None:
    """Return all values as the type that they share, ``None`` if they share none."""
    shared: Type = UNKNOWN
    for value in values:
        next_type = common(shared, value.type)
        if next_type is None:
            return None
        shared = next_type
    return [coerce(value, shared) for value in values]
