"""From query text to a syntax tree: sqlglot's Trino parser, made as strict as Athena where sqlglot is lenient.

Function calls keep the name that was written (sqlglot would rewrite most of them into nodes of its own), so that the
translation alone decides which functions exist. What is not Trino's grammar is refused as Athena refuses it: at
StartQueryExecution, with ``line L:C: mismatched input …``.
"""

from __future__ import annotations

from typing import Any, ClassVar

from sqlglot import exp
from sqlglot.dialects.trino import Trino
from sqlglot.errors import ParseError as SqlglotParseError
from sqlglot.errors import SqlglotError
from sqlglot.parsers.trino import TrinoParser
from sqlglot.tokenizer_core import Token, TokenType

from .errors import InvalidRequestError, Position

MALFORMED_QUERY = "MALFORMED_QUERY"
MAX_QUERY_BYTES = 262_144  # https://docs.aws.amazon.com/athena/latest/ug/service-limits.html

_GRAMMAR_FUNCTIONS = ("CAST", "TRY_CAST", "EXTRACT", "SUBSTRING", "TRIM", "POSITION")
_NOT_TRINO = frozenset({TokenType.DCOLON, TokenType.QUALIFY, TokenType.ILIKE, TokenType.UNKNOWN, TokenType.PIPE_GT})
_ENDS_A_LIST = frozenset({TokenType.FROM, TokenType.R_PAREN, TokenType.WHERE, TokenType.SEMICOLON})
_QUERY_STARTS = frozenset({TokenType.SELECT, TokenType.WITH, TokenType.VALUES, TokenType.TABLE, TokenType.L_PAREN})
_OTHER_STATEMENTS = frozenset(
    """ALTER ANALYZE CALL COMMIT CREATE DEALLOCATE DELETE DENY DESC DESCRIBE DROP EXECUTE EXPLAIN GRANT INSERT MERGE
    MSCK OPTIMIZE PREPARE REFRESH RESET REVOKE ROLLBACK SET SHOW START TRUNCATE UNLOAD UPDATE USE VACUUM""".split()  # noqa: SIM905
)
_TWO_WORD_STATEMENTS = frozenset(["ALTER", "CREATE", "DROP", "INSERT", "MSCK", "SHOW"])


class _Parser(TrinoParser):
    FUNCTIONS: ClassVar[dict[str, Any]] = {}
    FUNCTION_PARSERS: ClassVar[dict[str, Any]] = {
        name: TrinoParser.FUNCTION_PARSERS[name] for name in _GRAMMAR_FUNCTIONS
    }
    NO_PAREN_FUNCTION_PARSERS: ClassVar[dict[str, Any]] = {"CASE": TrinoParser.NO_PAREN_FUNCTION_PARSERS["CASE"]}


class _AthenaDialect(Trino):
    Parser = _Parser


def parse(query: str) -> exp.Expr:
    """Return the syntax tree of one query (SELECT, WITH, VALUES, TABLE, set operations).

    Raises InvalidRequestError as StartQueryExecution does: not Trino's grammar, several statements, a statement of
    another kind (DDL, UNLOAD, EXPLAIN …: not in the local cloud, the message names it), or more than 262,144 bytes.
    """
    if len(query.encode()) > MAX_QUERY_BYTES:
        raise InvalidRequestError(
            "1 validation error detected: Value at 'queryString' failed to satisfy constraint: "
            f"Member must have length less than or equal to {MAX_QUERY_BYTES}"
        )
    tokens = _tokens(query)
    if not tokens:
        raise _mismatch(query, len(query), "<EOF>")
    _check_statement(query, tokens)
    _check_tokens(query, tokens)
    try:
        tree = _Parser(dialect=_AthenaDialect).parse(tokens, query)[0]
    except SqlglotParseError as error:
        raise _from_sqlglot(query, tokens, error) from None
    except (SqlglotError, RecursionError) as error:
        raise InvalidRequestError(f"The query cannot be parsed: {error}", MALFORMED_QUERY) from None
    if not isinstance(tree, exp.Query | exp.Values):
        raise _mismatch(query, tokens[0].start, tokens[0].text)
    return tree


def position_of(query: str, node: exp.Expr) -> Position | None:
    """Return where ``node`` starts in the text, as far as the parser kept it."""
    starts = [part.meta["start"] for part in node.walk() if part.meta and "start" in part.meta]
    return _position(query, min(starts)) if starts else None


def _position(query: str, offset: int) -> Position:
    line = query.count("\n", 0, offset) + 1
    return Position(line, offset - (query.rfind("\n", 0, offset) + 1) + 1)


def _tokens(query: str) -> list[Token]:
    try:
        tokens = list(_AthenaDialect().tokenize(query))
    except SqlglotError:
        raise _mismatch(query, len(query), "<EOF>") from None
    while tokens and tokens[-1].token_type is TokenType.SEMICOLON:
        tokens.pop()
    return tokens


def _check_statement(query: str, tokens: list[Token]) -> None:
    if any(token.token_type is TokenType.SEMICOLON for token in tokens):
        raise InvalidRequestError(f"Only one sql statement is allowed. Got: {query}", MALFORMED_QUERY)
    first = tokens[0]
    if first.token_type in _QUERY_STARTS:
        return
    word = first.text.upper()
    if word in _OTHER_STATEMENTS:
        words = [word, tokens[1].text.upper()] if word in _TWO_WORD_STATEMENTS and len(tokens) > 1 else [word]
        raise InvalidRequestError(
            f"Queries of this type are not supported: the local cloud runs no {' '.join(words)} statements",
            "INVALID_QUERY_TYPE",
        )
    raise _mismatch(query, first.start, first.text)


def _check_tokens(query: str, tokens: list[Token]) -> None:
    for limit, after in zip(tokens, tokens[2:], strict=False):
        if limit.token_type is TokenType.LIMIT and after.token_type in (TokenType.OFFSET, TokenType.COMMA):
            raise _mismatch(query, after.start, after.text)
    for token, following in zip(tokens, [*tokens[1:], None], strict=True):
        if token.token_type in _NOT_TRINO:
            raise _mismatch(query, token.start, token.text)
        if token.token_type is TokenType.COMMA and (following is None or following.token_type in _ENDS_A_LIST):
            at, text = (following.start, following.text) if following else (len(query), "<EOF>")
            raise _mismatch(query, at, text)
        if token.token_type is TokenType.SELECT and following and following.token_type is TokenType.FROM:
            raise _mismatch(query, following.start, following.text)
        if token.token_type is TokenType.EQ and token.text != "=":
            raise _mismatch(query, token.start, token.text)
        if token.token_type in (TokenType.PARAMETER, TokenType.PLACEHOLDER):
            raise InvalidRequestError("Query parameters are not supported by the local cloud", "INVALID_INPUT")


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
        return _mismatch(query, len(query), "<EOF>")
    return _mismatch(query, tokens[index].start, tokens[index].text)


def _mismatch(query: str, offset: int, text: str) -> InvalidRequestError:
    return InvalidRequestError(f"{_position(query, offset)}: mismatched input '{text}'", MALFORMED_QUERY)
