"""How functions are described: a table of Trino's signatures, each with the DuckDB SQL that gives exactly its value.

A row is ``name(parameters) result = template``. A parameter is a type that the argument coerces to (``bigint``), a
class of types that it keeps (``number``), or has variables (``array(T)``, ``function(T, boolean)``): all that stand for
one variable are brought to the type they share; ``S`` is refused for structures, ``O`` (which has an order) too. The
result ``same`` is the type of the first argument. In the template ``{0}`` is an argument, ``{wall}`` the wall time of
the first, ``{r}`` the result's type, ``{v}`` a name for a lambda's parameter; ``{d}``, ``{o}``, ``{n}`` and ``{s}`` are
what an aggregate or window function has besides. With ``?=`` the result is null if an argument is. A template that
begins with ``!`` says what of Trino's function is refused. What no row can say is written in Python, as a ``Build``.

Source of names, parameters and results: https://trino.io/docs/current/functions.html (Athena engine version 3 runs
Trino's). A function that is not described fails the query: with FUNCTION_NOT_FOUND if Trino has none of that name
either, else with NOT_SUPPORTED.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlglot import exp

from .scopes import Value
from .time_zones import wall_time
from .trino_types import (
    ANY,
    BIGINT,
    BOOLEAN,
    CLOCK_MOMENTS,
    COMPARABLE,
    DATE,
    DOUBLE,
    INTEGER,
    INTEGERS,
    INTERVAL_DAY,
    INTERVAL_MONTH,
    JSON,
    MOMENTS,
    NUMBERS,
    REAL,
    STRUCTURES,
    TEXT,
    TIMESTAMP_TZ,
    UNKNOWN,
    UUID,
    VARBINARY,
    VARCHAR,
    Kind,
    Type,
    common,
    row,
    varchar,
)


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


def common_of(values: Sequence[Value]) -> list[Value] | None:
    """Return all values as the type that they share, ``None`` if they share none."""
    shared: Type = UNKNOWN
    for value in values:
        next_type = common(shared, value.type)
        if next_type is None:
            return None
        shared = next_type
    return [coerce(value, shared) for value in values]


def unless_null(sql: str, *values: Value) -> str:
    """Return SQL that is null if a value is."""
    nulls = " OR ".join(f"{value.sql} IS NULL" for value in values)
    return f"CASE WHEN {nulls} THEN NULL ELSE {sql} END"


def first_of(*builds: Build) -> Build:
    """Return a builder for an overloaded function: the first signature that fits."""

    def build(call: Call) -> Value | None:
        return next((value for option in builds if (value := option(call)) is not None), None)

    return build


def described(table: str) -> dict[str, Build]:
    """Return the functions of a table, by name; several rows of one name are an overloaded function."""
    found: dict[str, list[Build]] = {}
    for line in filter(None, map(str.strip, table.splitlines())):
        head, sign, template = line.partition(" ?= ") if " ?= " in line else line.partition(" = ")
        name, _, rest = head.partition("(")
        inside, result = _closed(rest)
        parameters = tuple(map(_read_type, _split(inside)))
        result_type = None if result.strip() == "same" else _read_type(result)
        assert not isinstance(result_type, frozenset)
        found.setdefault(name, []).append(_Signature(parameters, result_type, template, sign == " ?= ").build)
    return {name: first_of(*builds) for name, builds in found.items()}


_WORDS: dict[str, Parameter] = {
    **{
        str(type_): type_
        for type_ in (BOOLEAN, INTEGER, BIGINT, REAL, DOUBLE, VARCHAR, VARBINARY, DATE, JSON, UUID, varchar(1))
    },
    "interval_day": INTERVAL_DAY,
    "interval_month": INTERVAL_MONTH,
    "timestamp_tz": TIMESTAMP_TZ,
    "number": NUMBERS,
    "whole": INTEGERS,
    "text": TEXT,
    "moment": MOMENTS,
    "clock": CLOCK_MOMENTS,
    "time": CLOCK_MOMENTS | {Kind.TIME},
    "any": ANY,
    "comparable": COMPARABLE,
    "document": TEXT | {Kind.JSON},
    **{letter: Type(Kind.VARIABLE, names=(letter,)) for letter in "KOSTUV"},
}
_STRUCTURES = {"array": Kind.ARRAY, "map": Kind.MAP, "function": Kind.FUNCTION}


def _closed(text: str) -> tuple[str, str]:
    """Return what stands before the parenthesis that closes one opened before, and what follows it."""
    depth = 1
    for at, sign in enumerate(text):
        depth += {"(": 1, ")": -1}.get(sign, 0)
        if depth == 0:
            return text[:at], text[at + 1 :]
    raise ValueError(text)


def _split(text: str) -> list[str]:
    """Return what stands between the commas outside of parentheses."""
    parts, depth = [""], 0
    for sign in text:
        depth += {"(": 1, ")": -1}.get(sign, 0)
        parts = [*parts, ""] if sign == "," and depth == 0 else [*parts[:-1], parts[-1] + sign]
    return [part.strip() for part in parts if part.strip()]


def _read_type(text: str) -> Parameter:
    text = text.strip()
    if text in _WORDS:
        return _WORDS[text]
    word, _, rest = text.partition("(")
    arguments = [_read_type(part) for part in _split(_closed(rest)[0])]
    inner = tuple(type_ for type_ in arguments if isinstance(type_, Type))
    return row(inner) if word == "row" else Type(_STRUCTURES[word], arguments=inner)


@dataclass(frozen=True)
class _Signature:
    parameters: tuple[Parameter, ...]
    result: Type | None
    template: str
    is_null_for_null: bool

    def build(self, call: Call) -> Value | None:
        if len(call.arguments) != len(self.parameters):
            return None
        bound: dict[str, Type] = {}
        pairs = list(enumerate(zip(call.arguments, self.parameters, strict=True)))
        if not all(_unify(parameter, value.type, bound) for _, (value, parameter) in pairs):
            return None
        if "O" in bound and bound["O"].kind not in COMPARABLE:
            return None
        for simple in (bound[letter] for letter in "OS" if letter in bound):
            if simple.kind in STRUCTURES:
                raise UnsupportedCallError(f"{call.name} of values of type {simple}")
        written: list[Value] = []
        for index, (value, parameter) in pairs:
            if isinstance(parameter, Type) and parameter.kind is Kind.FUNCTION:
                fitted = value if self.template.startswith("!") else _lambda(call, index, parameter, bound)
            elif isinstance(parameter, Type) and _has_variables(parameter):
                fitted = coerce(value, _bind(parameter, bound))
            else:
                fitted = fits(value, parameter)
            if fitted is None:
                return None
            written.append(fitted)
        if self.template.startswith("!"):
            raise UnsupportedCallError(f"{call.name} {self.template[1:]}")
        result = written[0].type if self.result is None else _bind(self.result, bound)
        sql = self.template.format(
            *(value.sql for value in written),
            wall=wall_time(written[0]) if written else "",
            r=result.duckdb if "{r}" in self.template else "",
            d=call.distinct, o=call.order, n=call.nulls, s=call.suffix, v=call.variable,
        )  # fmt: skip
        return Value(unless_null(sql, *written) if self.is_null_for_null else sql, result)


def _unify(parameter: Parameter, type_: Type, bound: dict[str, Type]) -> bool:
    """Bind the parameter's variables to what the argument has in their places; False if it cannot be."""
    if isinstance(parameter, frozenset) or parameter.kind is Kind.FUNCTION or not _has_variables(parameter):
        return True
    if parameter.kind is Kind.VARIABLE:
        letter = str(parameter.names[0])
        shared = common(bound.get(letter, UNKNOWN), type_)
        if shared is None or type_.kind is Kind.FUNCTION:
            return False
        bound[letter] = shared
        return True
    if type_.kind is Kind.UNKNOWN:
        return all(_unify(inner, UNKNOWN, bound) for inner in parameter.arguments)
    if type_.kind is not parameter.kind or len(type_.arguments) != len(parameter.arguments):
        return False
    return all(_unify(*pair, bound) for pair in zip(parameter.arguments, type_.arguments, strict=True))


def _bind(type_: Type, bound: Mapping[str, Type]) -> Type:
    if type_.kind is Kind.VARIABLE:
        return bound[str(type_.names[0])]
    return replace(type_, arguments=tuple(_bind(inner, bound) for inner in type_.arguments))


def _has_variables(type_: Type) -> bool:
    return type_.kind is Kind.VARIABLE or any(_has_variables(inner) for inner in type_.arguments)


def _lambda(call: Call, index: int, parameter: Type, bound: dict[str, Type]) -> Value | None:
    """Write a lambda of one parameter, and bind the variable that stands for its result."""
    *taken, result = parameter.arguments
    found = call.lambdas.get(index)
    if found is None or found.parameters != len(taken):
        return None
    body = found.body(*(Value(call.variable, _bind(type_, bound)) for type_ in taken))
    fitted = body if _unify(result, body.type, bound) else None
    if not _has_variables(result):
        fitted = fits(body, frozenset({result.kind}))
    return fitted and Value(f"lambda {call.variable}: {fitted.sql}", fitted.type)
