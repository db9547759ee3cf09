"""Words, names, strings and signs of a statement that is not a query, with where each stands.

Athena has two grammars: Hive's for DDL (names in backticks, strings in either quote) and Trino's for the rest (names in
double quotes): https://docs.aws.amazon.com/athena/latest/ug/tables-databases-columns-names.html.
"""

from __future__ import annotations

import enum
import re
from typing import NamedTuple

from .errors import MALFORMED_QUERY, InvalidRequestError, mismatched

_COMMON = r"(?P<space>\s+|--[^\n]*|/\*.*?\*/)|(?P<word>\w[\w$@]*)|(?P<string>{string})|(?P<name>{name})|(?P<sign>.)"
_HIVE_STRING = r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\""""


class Grammar(enum.Enum):
    """Which of Athena's grammars a statement is of."""

    HIVE = "hive"
    TRINO = "trino"


class TokenKind(enum.Enum):
    """What a token is."""

    WORD = "word"
    NAME = "name"
    STRING = "string"
    SIGN = "sign"
    END = "end"


class Token(NamedTuple):
    """A token: ``text`` as written, ``value`` without quotes, ``start`` and ``end`` as offsets in the text."""

    kind: TokenKind
    text: str
    value: str
    start: int
    end: int


class TokenReader:
    """Reads a statement from left to right; every ``expect_…`` raises InvalidRequestError for anything else."""

    def __init__(self, text: str, grammar: Grammar) -> None:
        self.text = text
        self._tokens = _tokens(text, grammar)
        self._index = 0

    @property
    def next(self) -> Token:
        """The token that comes next; one of kind END after the last."""
        return self._tokens[self._index]

    def take(self) -> Token:
        """Return the next token and go on."""
        token = self.next
        self._index = min(self._index + 1, len(self._tokens) - 1)
        return token

    def take_words(self, words: str) -> bool:
        """Go past these words (signs count as words) if all of them come next."""
        wanted = words.split()
        found = self._tokens[self._index : self._index + len(wanted)]
        is_there = [token.text.upper() for token in found if token.kind in (TokenKind.WORD, TokenKind.SIGN)] == wanted
        if is_there:
            self._index += len(wanted)
        return is_there

    def expect_words(self, words: str) -> None:
        """Go past these words."""
        for word in words.split():
            if not self.take_words(word):
                raise self.unexpected()

    def expect_name(self) -> str:
        """Return a name, quoted or not, as written."""
        if self.next.kind not in (TokenKind.WORD, TokenKind.NAME) or not self.next.value:
            raise self.unexpected()
        return self.take().value

    def expect_string(self) -> str:
        """Return a string's value."""
        if self.next.kind is not TokenKind.STRING:
            raise self.unexpected()
        return self.take().value

    def expect_end(self) -> None:
        """Nothing may come any more."""
        if self.next.kind is not TokenKind.END:
            raise self.unexpected()

    def skip_parenthesised(self) -> tuple[int, int]:
        """Go past a parenthesis and what it holds; return where its inside starts and ends."""
        self.expect_words("(")
        start, depth = self.next.start, 1
        while True:
            if self.next.kind is TokenKind.END:
                raise self.unexpected()
            token = self.take()
            if token.kind is TokenKind.SIGN:
                depth += {"(": 1, ")": -1}.get(token.text, 0)
            if depth == 0:
                return start, token.start

    def unexpected(self) -> InvalidRequestError:
        """The error for the next token."""
        return mismatched(self.text, self.next.start, self.next.text or "<EOF>")


_PATTERNS = {
    Grammar.HIVE: re.compile(_COMMON.format(string=_HIVE_STRING, name="`(?:[^`]|``)*`"), re.DOTALL),
    Grammar.TRINO: re.compile(_COMMON.format(string="'(?:[^']|'')*'", name='"(?:[^"]|"")*"'), re.DOTALL),
}


def _tokens(text: str, grammar: Grammar) -> list[Token]:
    tokens = []
    for match in _PATTERNS[grammar].finditer(text):
        if match.lastgroup == "space":
            continue
        found, kind = match.group(), TokenKind(match.lastgroup)
        if kind is TokenKind.SIGN and found in "'\"`":
            raise mismatched(text, match.start(), found)
        tokens.append(Token(kind, found, _value(found, kind, grammar), match.start(), match.end()))
    while tokens and tokens[-1].text == ";":
        tokens.pop()
    if any(token.text == ";" for token in tokens):
        raise InvalidRequestError(f"Only one sql statement is allowed. Got: {text}", MALFORMED_QUERY)
    return [*tokens, Token(TokenKind.END, "", "", len(text), len(text))]


def _value(text: str, kind: TokenKind, grammar: Grammar) -> str:
    if kind not in (TokenKind.STRING, TokenKind.NAME):
        return text
    inside = text[1:-1]
    if kind is TokenKind.STRING and grammar is Grammar.HIVE:
        return re.sub(r"\\(.)", r"\1", inside, flags=re.DOTALL)
    return inside.replace(text[0] * 2, text[0])
