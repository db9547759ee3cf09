"""From query text to a syntax tree: sqlglot's Trino parser, made as strict as Athena where sqlglot is lenient.

Function calls keep the name that was written (sqlglot would rewrite most of them into nodes of its own), so that the
translation alone decides which functions exist. What is not Trino's grammar is refused as Athena refuses it: at
StartQueryExecution, with ``line L:C: mismatched input …``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from sqlglot import exp
from sqlglot.dialects.trino import Trino
from sqlglot.errors import ParseError as SqlglotParseError
from sqlglot.errors import SqlglotError
from sqlglot.parsers.trino import TrinoParser
from sqlglot.tokenizer_core import Token, TokenType

from .errors import MALFORMED_QUERY, ErrorName, InvalidRequestError, Position, QueryFailedError, mismatched

MAX_QUERY_BYTES = 262_144  # https://docs.aws.amazon.com/athena/latest/ug/service-limits.html

_GRAMMAR_FUNCTIONS = ("CAST", "TRY_CAST", "EXTRACT", "SUBSTRING", "TRIM", "POSITION")
_NOT_TRINO = frozenset({TokenType.DCOLON, TokenType.QUALIFY, TokenType.ILIKE, TokenType.UNKNOWN, TokenType.PIPE_GT})
_ENDS_A_LIST = frozenset({TokenType.FROM, TokenType.R_PAREN, TokenType.WHERE, TokenType.SEMICOLON})
_QUERY_STARTS = frozenset({TokenType.SELECT, TokenType.WITH, TokenType.VALUES, TokenType.TABLE, TokenType.L_PAREN})
_TAKES_A_STRING = frozenset({"DATE", "TIME", "TIMESTAMP", "DECIMAL", "INTERVAL", "CHAR", "VARBINARY"})
Parameters = Sequence[str] | None
"""The texts of the values for a query's question marks; None: they stay in the tree."""


class _Parser(TrinoParser):
    FUNCTIONS: ClassVar[dict[str, Any]] = {}
    FUNCTION_PARSERS: ClassVar[dict[str, Any]] = {
        name: TrinoParser.FUNCTION_PARSERS[name] for name in _GRAMMAR_FUNCTIONS
    }
    NO_PAREN_FUNCTION_PARSERS: ClassVar[dict[str, Any]] = {"CASE": TrinoParser.NO_PAREN_FUNCTION_PARSERS["CASE"]}


class _AthenaDialect(Trino):
    INDEX_OFFSET = 0  # subscripts stay as they are written
    Parser = _Parser


def check_length(query: str) -> None:
    """Raise InvalidRequestError for a text of more than 262,144 bytes."""
    if len(query.encode()) > MAX_QUERY_BYTES:
        raise InvalidRequestError(
            "1 validation error detected: Value at 'queryString' failed to satisfy constraint: "
            f"Member must have length less than or equal to {MAX_QUERY_BYTES}"
        )


def parse(query: str, parameters: Parameters = None) -> exp.Expr:
    """Return the syntax tree of one query (SELECT, WITH, VALUES, TABLE, set operations).

    Raises InvalidRequestError as StartQueryExecution does: not Trino's grammar, several statements; and
    QueryFailedError if there are not as many ``parameters`` as question marks.
    """
    tokens = _tokens(query)
    if not tokens:
        raise mismatched(query, len(query), "<EOF>")
    _check_statement(query, tokens)
    _check_tokens(query, tokens)
    if parameters is not None:
        tokens = _with_values(tokens, parameters)
    try:
        tree = _Parser(dialect=_AthenaDialect).parse(tokens, query)[0]
    except SqlglotParseError as error:
        raise _from_sqlglot(query, tokens, error) from None
    except (SqlglotError, RecursionError) as error:
        raise InvalidRequestError(f"The query cannot be parsed: {error}", MALFORMED_QUERY) from None
    if not isinstance(tree, exp.Query | exp.Values):
        raise mismatched(query, tokens[0].start, tokens[0].text)
    return tree


def _with_values(tokens: list[Token], parameters: Sequence[str]) -> list[Token]:
    """Put the values in the places of the question marks, as if they had been written there."""
    count = sum(token.token_type is TokenType.PLACEHOLDER for token in tokens)
    if count != len(parameters):
        message = f"Incorrect number of parameters: expected {count} but found {len(parameters)}"
        raise QueryFailedError(ErrorName.INVALID_PARAMETER_USAGE, message, Position(1, 1))
    values = iter(parameters)
    written: list[Token] = []
    for token in tokens:
        written += [token] if token.token_type is not TokenType.PLACEHOLDER else _value_at(token, next(values))
    return written


def _value_at(mark: Token, value: str) -> list[Token]:
    tree = parse(f"SELECT {value}")
    parts = {name for name, part in tree.args.items() if part}
    if parts != {"expressions"} or len(tree.expressions) != 1 or isinstance(tree.expressions[0], exp.Alias):
        raise InvalidRequestError(f"The parameter value '{value}' is not an expression")
    if tree.expressions[0].find(exp.Column, exp.Star, exp.Query, exp.Placeholder):
        raise InvalidRequestError(f"The parameter value '{value}' is not a constant; a string needs single quotes")
    tokens = [(token.token_type, token.text) for token in _tokens(value)]
    if len(tokens) > 1:
        tokens = [(TokenType.L_PAREN, "("), *tokens, (TokenType.R_PAREN, ")")]
    return [Token(kind, text, mark.line, mark.col, mark.start, mark.end) for kind, text in tokens]


def position_of(query: str, node: exp.Expr) -> Position | None:
    """Return where ``node`` starts in the text, as far as the parser kept it."""
    starts = [part.meta["start"] for part in node.walk() if part.meta and "start" in part.meta]
    return Position.in_text(query, min(starts)) if starts else None


def _tokens(query: str) -> list[Token]:
    try:
        tokens = list(_AthenaDialect().tokenize(query))
    except SqlglotError:
        raise mismatched(query, len(query), "<EOF>") from None
    while tokens and tokens[-1].token_type is TokenType.SEMICOLON:
        tokens.pop()
    return tokens


def _check_statement(query: str, tokens: list[Token]) -> None:
    if any(token.token_type is TokenType.SEMICOLON for token in tokens):
        raise InvalidRequestError(f"Only one sql statement is allowed. Got: {query}", MALFORMED_QUERY)
    first = tokens[0]
    if first.token_type in _QUERY_STARTS:
        return
    raise mismatched(query, first.start, first.text)


def _check_tokens(query: str, tokens: list[Token]) -> None:
    for limit, after in zip(tokens, tokens[2:], strict=False):
        if limit.token_type is TokenType.LIMIT and after.token_type in (TokenType.OFFSET, TokenType.COMMA):
            raise mismatched(query, after.start, after.text)
    for token, following in zip(tokens, [*tokens[1:], None], strict=True):
        if token.token_type in _NOT_TRINO:
            raise mismatched(query, token.start, token.text)
        if token.token_type is TokenType.COMMA and (following is None or following.token_type in _ENDS_A_LIST):
            at, text = (following.start, following.text) if following else (len(query), "<EOF>")
            raise mismatched(query, at, text)
        if token.token_type is TokenType.SELECT and following and following.token_type is TokenType.FROM:
            raise mismatched(query, following.start, following.text)
        if token.token_type is TokenType.HEX_STRING and query[token.start] == "0":  # 0x1F: bytes to the parser
            raise mismatched(query, token.start, token.text)
        is_number = token.token_type is TokenType.NUMBER
        if is_number and following and following.start == token.end + 1 and following.token_type is TokenType.VAR:
            raise mismatched(query, following.start, following.text)  # 1_000: 1 AS _000 to the parser
        if token.token_type is TokenType.EQ and token.text != "=":
            raise mismatched(query, token.start, token.text)
        if token.token_type is TokenType.PARAMETER:
            raise mismatched(query, token.start, token.text)
        if token.text.upper() in _TAKES_A_STRING and following and following.token_type is TokenType.PLACEHOLDER:
            raise mismatched(query, following.start, following.text)


def _from_sqlglot(query: str, tokens: list[Token], error: SqlglotParseError) -> InvalidRequestError:
    """Word a parse error as Trino's parser does; sqlglot names the last token read, or the one it could not take."""
    first = error.errors[0] if error.errors else {}
    index = next(
        (i for i, token in enumerate(tokens) if token.line == first.get("line") and token.col == first.get("col")),
        None,
    )
    if index is None:
        return InvalidRequestError(f"The query cannot be parsed: {first.get('description')}", MALFORMED_QUERY)
    if not str(first.get("description")).startswith("Invalid expression"):
        index += 1
    if index >= len(tokens):
        return mismatched(query, len(query), "<EOF>")
    return mismatched(query, tokens[index].start, tokens[index].text)
