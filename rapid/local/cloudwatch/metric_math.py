"""Metric math: expressions over metrics, as alarms and GetMetricData take them.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
"""

import math
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

Points = dict[int, float]
"""The data points of a time series by the start of their periods, in epoch seconds."""
Value = float | Points | list[Points]

_TOKEN = re.compile(r"\s*(?:(\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+)|([A-Za-z_]\w*)|(==|!=|<=|>=|&&|\|\||[-+*/^<>(),\[\]]))")
_ID = re.compile(r"[a-z]\w*")


class ExpressionError(ValueError):
    """What is no expression, or says what is not supported; the message names it."""


@dataclass(frozen=True)
class Expression:
    """An expression, and the ids that it uses."""

    evaluate: Callable[["Context"], Value]
    ids: frozenset[str]


@dataclass
class Context:
    """What an expression is evaluated over: series by id, and the starts of all periods."""

    series: Mapping[str, Points]
    starts: list[int]
    metrics: list[Points] = field(default_factory=list)


_Node = Callable[[Context], Value]


def _divided(left: float, right: float) -> float:
    return left / right if right else math.nan


_Binary = Callable[[float, float], float]
# From what binds least to what binds most.
_OPERATORS: tuple[dict[str, _Binary], ...] = (
    {"||": lambda left, right: float(bool(left) or bool(right)), "OR": lambda a, b: float(bool(a) or bool(b))},
    {"&&": lambda left, right: float(bool(left) and bool(right)), "AND": lambda a, b: float(bool(a) and bool(b))},
    {
        "==": lambda left, right: float(left == right),
        "!=": lambda left, right: float(left != right),
        "<=": lambda left, right: float(left <= right),
        ">=": lambda left, right: float(left >= right),
        "<": lambda left, right: float(left < right),
        ">": lambda left, right: float(left > right),
    },
    {"+": operator.add, "-": operator.sub},
    {"*": operator.mul, "/": _divided},
)
_ACROSS: dict[str, Callable[[list[float]], float]] = {
    "AVG": lambda values: sum(values) / len(values),
    "MAX": max,
    "MIN": min,
    "SUM": sum,
}


def parse(text: str) -> Expression:
    """Read an expression. Raises ExpressionError."""
    parser = _Parser(text)
    node = parser.expression(0)
    parser.end()
    return Expression(node, frozenset(parser.ids))


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = list(_tokens(text))
        self._at = 0
        self.ids: set[str] = set()

    def end(self) -> None:
        if self._at < len(self._tokens):
            raise ExpressionError(f"Unexpected {self._tokens[self._at]} in {self._text}")

    def expression(self, level: int) -> _Node:
        if level == len(_OPERATORS):
            return self._unary()
        left = self.expression(level + 1)
        while (token := self._peek()) and token.upper() in _OPERATORS[level]:
            self._at += 1
            left = _binary(_OPERATORS[level][token.upper()], left, self.expression(level + 1))
        return left

    def _unary(self) -> _Node:
        if self._peek() == "-":
            self._at += 1
            return _binary(operator.sub, lambda _context: 0.0, self._unary())
        return self._primary()

    def _primary(self) -> _Node:
        token = self._next()
        if token == "(":
            inner = self.expression(0)
            self._expect(")")
            return inner
        if token == "[":
            items = self._listed("]")
            return lambda context: [_series(item(context), context) for item in items]
        if token[0].isdigit() or token[0] == ".":
            number = float(token)
            return lambda _context: number
        if self._peek() == "(":
            self._at += 1
            return self._call(token.upper(), self._listed(")"))
        if not _ID.fullmatch(token):
            raise ExpressionError(f"Unexpected {token} in {self._text}")
        self.ids.add(token)
        return lambda context: context.series[token]

    def _call(self, name: str, given: list[_Node]) -> _Node:
        if name in _ACROSS and len(given) == 1:
            return _across(_ACROSS[name], given[0])
        match name, len(given):
            case "METRICS", 0:
                return lambda context: context.metrics
            case "FILL", 2:
                return _filled(*given)
            case "IF", 2 | 3:
                return _chosen(*given)
        raise ExpressionError(f"The local cloud does not support the function {name} of metric math as in {self._text}")

    def _listed(self, end: str) -> list[_Node]:
        if self._peek() == end:
            self._at += 1
            return []
        items = [self.expression(0)]
        while self._peek() == ",":
            self._at += 1
            items.append(self.expression(0))
        self._expect(end)
        return items

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _next(self) -> str:
        if self._at == len(self._tokens):
            raise ExpressionError(f"Unexpected end of {self._text}")
        self._at += 1
        return self._tokens[self._at - 1]

    def _expect(self, wanted: str) -> None:
        found = self._next()
        if found != wanted:
            raise ExpressionError(f"Expected {wanted} rather than {found} in {self._text}")


def _tokens(text: str) -> Iterator[str]:
    at = 0
    text = text.rstrip()
    while at < len(text):
        found = _TOKEN.match(text, at)
        if not found:
            raise ExpressionError(f"Unexpected {text[at:].strip()[:1]} in {text}")
        token = found[found.lastindex or 0]
        if token == "^":
            raise ExpressionError(f"The local cloud does not support ^ of metric math as in {text}")
        yield token
        at = found.end()


def _series(value: Value, context: Context) -> Points:
    if isinstance(value, list):
        raise ExpressionError("A list of series does not stand where one is needed")
    return dict.fromkeys(context.starts, value) if isinstance(value, float) else value


def _binary(calculate: _Binary, left: _Node, right: _Node) -> _Node:
    def node(context: Context) -> Value:
        first, second = left(context), right(context)
        if isinstance(first, list) or isinstance(second, list):
            raise ExpressionError("The local cloud calculates with lists of series by SUM, AVG, MIN and MAX alone")
        if isinstance(first, float) and isinstance(second, float):
            return calculate(first, second)
        # What one of two series misses is 0; a number has no data points of its own.
        starts = sorted({start for value in (first, second) if isinstance(value, dict) for start in value})
        one, other = _series(first, context), _series(second, context)
        return _known({start: calculate(one.get(start, 0.0), other.get(start, 0.0)) for start in starts})

    return node


def _known(points: Points) -> Points:
    """Without the data points that there are none of, such as those divided by nothing."""
    return {start: value for start, value in points.items() if math.isfinite(value)}


def _across(calculate: Callable[[list[float]], float], given: _Node) -> _Node:
    """Of a list of series, one series; of one series, a number."""

    def node(context: Context) -> Value:
        value = given(context)
        if isinstance(value, float):
            return value
        if isinstance(value, dict):
            return float(calculate([*value.values()])) if value else math.nan
        starts = sorted({start for points in value for start in points})
        return {start: float(calculate([points[start] for points in value if start in points])) for start in starts}

    return node


def _filled(given: _Node, filler: _Node) -> _Node:
    def node(context: Context) -> Value:
        value, missing = given(context), filler(context)
        if isinstance(value, list):
            return [_fill(points, missing, context) for points in value]
        return _fill(_series(value, context), missing, context)

    return node


def _fill(points: Points, missing: Value, context: Context) -> Points:
    return {**{start: value for start, value in _series(missing, context).items() if start in context.starts}, **points}


def _chosen(condition: _Node, then: _Node, otherwise: _Node | None = None) -> _Node:
    def node(context: Context) -> Value:
        asked = condition(context)
        yes, no = _series(then(context), context), _series(otherwise(context), context) if otherwise else {}
        if isinstance(asked, float):
            return yes if asked else no
        found = {}
        for start, value in _series(asked, context).items():
            if value:
                # A value that is chosen and missing is 0, says the page; what stands in for it may be missing.
                found[start] = yes.get(start, 0.0)
            elif start in no:
                found[start] = no[start]
        return found

    return node
