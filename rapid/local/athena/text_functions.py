"""Functions on text, by Unicode code points.

Sources: https://trino.io/docs/current/functions/string.html, https://trino.io/docs/current/functions/regexp.html.
"""

from __future__ import annotations

import re

from .array_functions import concatenated_all
from .errors import ErrorName, QueryFailedError
from .functions import Build, Call, UnsupportedCallError, first_of, fit_all, fixed
from .scopes import Value
from .trino_types import (
    BIGINT,
    BOOLEAN,
    INTEGER,
    TEXT,
    UNBOUNDED_VARCHAR_LENGTH,
    VARBINARY,
    VARCHAR,
    Kind,
    Type,
    array,
    varchar,
)

# What Java's Character.isWhitespace says; DuckDB's trim takes spaces alone.
_WHITE_SPACE = (
    "\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f \u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2008\u2009\u200a"
    "\u2028\u2029\u205f\u3000"
)
_JAVA_ONLY_REGEX = re.compile(r"\(\?[=!<>]|\\[GZhHRXk1-9]|&&|[+*?}]\+|\[\[:|\\p\{(?!L|N|P|S|Z|M|C)")
_MAY_BE_ABSENT = (")?", ")*", "|", "){0")
_BYTES = frozenset({Kind.VARBINARY})


def _concat(call: Call) -> Value | None:
    if any(value.type.kind is Kind.ARRAY for value in call.arguments):
        return concatenated_all(call)
    if len(call.arguments) < 2:
        return None
    for kinds, result in ((TEXT, VARCHAR), (_BYTES, VARBINARY)):
        if fit_all(call, *[kinds] * len(call.arguments)) is not None:
            return Value("(" + " || ".join(value.sql for value in call.arguments) + ")", result)
    return None


def _concat_ws(call: Call) -> Value | None:
    if len(call.arguments) < 2:
        return None
    listed = fit_all(call, VARCHAR, array(VARCHAR))
    if listed is not None:
        return Value(f"joined({listed[1].sql}, {listed[0].sql})", VARCHAR)
    values = fit_all(call, *[VARCHAR] * len(call.arguments))
    if values is None:
        return None
    items = ", ".join(value.sql for value in values[1:])
    return Value(f"joined(CAST([{items}] AS VARCHAR[]), {values[0].sql})", VARCHAR)


def _substr(call: Call) -> Value | None:
    """Characters count from 1, or from the end if negative; a start outside the text gives an empty text."""
    values = fit_all(call, TEXT, BIGINT) or fit_all(call, TEXT, BIGINT, BIGINT)
    if values is None:
        if call.arguments and call.arguments[0].type.kind is Kind.VARBINARY:
            raise UnsupportedCallError(f"{call.name} of varbinary")
        return None
    text, start = values[0].sql, values[1].sql
    rest = f"substr({text}, {start})"
    if len(values) == 3:
        rest = f"left({rest}, greatest({values[2].sql}, 0))"
    outside = f"{start} = 0 OR abs({start}) > length({text})"
    return Value(f"CASE WHEN {outside} THEN left({text}, 0) ELSE {rest} END", values[0].type)


def _replace(call: Call) -> Value | None:
    values = fit_all(call, TEXT, TEXT) or fit_all(call, TEXT, TEXT, TEXT)
    if values is None:
        return None
    text, search = values[0], values[1]
    put = values[2] if len(values) == 3 else Value("''", varchar(0))
    lengths = (text.type.precision, put.type.precision)
    longest = None if None in lengths else (lengths[0] or 0) + (lengths[1] or 0) * ((lengths[0] or 0) + 1)
    result = VARCHAR if longest is None else varchar(min(longest, UNBOUNDED_VARCHAR_LENGTH))
    # An empty search text stands between all characters.
    name = call.variable
    characters = f"list_filter(string_split({text.sql}, ''), lambda {name}: {name} <> '')"
    between = f"{put.sql} || joined(list_transform({characters}, lambda {name}: {name} || {put.sql}), '')"
    return Value(
        f"CASE WHEN {search.sql} = '' THEN {between} ELSE replace({text.sql}, {search.sql}, {put.sql}) END", result
    )


def _split_part(call: Call) -> Value | None:
    values = fit_all(call, TEXT, TEXT, BIGINT)
    if values is None:
        return None
    text, separator, index = (value.sql for value in values)
    refused = "fail('INVALID_FUNCTION_ARGUMENT: Index must be greater than zero')"
    return Value(
        f"CASE WHEN {index} < 1 THEN {refused} ELSE string_split({text}, {separator})[{index}] END", values[0].type
    )


def _pad(function: str) -> Build:
    def build(call: Call) -> Value | None:
        values = fit_all(call, TEXT, BIGINT, TEXT)
        if values is None:
            return None
        text, size, padding = (value.sql for value in values)
        refused = "fail('INVALID_FUNCTION_ARGUMENT: "
        return Value(
            f"CASE WHEN {padding} = '' THEN {refused}Padding string must not be empty') "
            f"WHEN {size} NOT BETWEEN 0 AND 2147483647 "
            f"THEN {refused}Target length must be in the range [0..2147483647]') "
            f"ELSE {function}({text}, CAST({size} AS INTEGER), {padding}) END",
            VARCHAR,
        )

    return build


def _trim(side: str) -> Build:
    return first_of(
        fixed(f"{side}trim({{0}}, '{_WHITE_SPACE}')", None, TEXT), fixed(f"{side}trim({{0}}, {{1}})", None, TEXT, TEXT)
    )


def _normalize(call: Call) -> Value | None:
    if len(call.arguments) != 1:
        raise UnsupportedCallError("normalize with a form other than NFC")
    return fixed("nfc_normalize({0})", VARCHAR, TEXT)(call)


def _strpos(call: Call) -> Value | None:
    if len(call.arguments) == 3:
        raise UnsupportedCallError("strpos with an instance")
    return fixed("strpos({0}, {1})", BIGINT, TEXT, TEXT)(call)


def _pattern(call: Call) -> str:
    pattern = call.literal(1)
    if pattern is None or _JAVA_ONLY_REGEX.search(pattern):
        raise UnsupportedCallError(f"{call.name} with a pattern that is not a literal of plain regular expressions")
    return pattern


def _regexp(template: str, result: Type | None) -> Build:
    def build(call: Call) -> Value | None:
        values = fit_all(call, TEXT, TEXT)
        if values is None:
            return None
        _pattern(call)
        return Value(template.format(*(value.sql for value in values)), result or values[0].type)

    return build


def _regexp_group(template: str, result: Type | None) -> Build:
    """With a group; one that may be absent from a match is null in Trino, empty in DuckDB."""

    def build(call: Call) -> Value | None:
        values = fit_all(call, TEXT, TEXT, BIGINT)
        if values is None:
            return None
        pattern, group = _pattern(call), call.literal(2)
        if group is None or (int(group) and any(construct in pattern for construct in _MAY_BE_ABSENT)):
            raise UnsupportedCallError(f"{call.name} of a group that is not a literal, or may be absent")
        groups = len(re.findall(r"(?<!\\)\((?!\?)", pattern))
        if int(group) > groups:
            message = f"Pattern has {groups} groups. Cannot access group {group}"
            raise QueryFailedError(ErrorName.INVALID_FUNCTION_ARGUMENT, message)
        return Value(template.format(values[0].sql, values[1].sql, group), result or values[0].type)

    return build


def _regexp_replace(call: Call) -> Value | None:
    values = fit_all(call, TEXT, TEXT) or fit_all(call, TEXT, TEXT, TEXT)
    if values is None:
        if call.lambdas:
            raise UnsupportedCallError("regexp_replace with a function")
        return None
    _pattern(call)
    if len(values) == 2:
        return Value(f"regexp_replace({values[0].sql}, {values[1].sql}, '', 'g')", VARCHAR)
    written = call.literal(2)
    if written is None or re.search(r"\$\{|\$(?![0-9])|\$[0-9]{2}", re.sub(r"\\.", "", written)):
        raise UnsupportedCallError("regexp_replace with a replacement that is not a literal of text and $1 to $9")
    parts = re.sub(
        r"\\(.)|\$([0-9])|(\\)$",
        lambda match: ("\\\\" if match[1] == "\\" else match[1]) if match[1] else f"\\{match[2]}",
        written,
        flags=re.DOTALL,
    )
    return Value(
        f"regexp_replace({values[0].sql}, {values[1].sql}, '{parts.replace(chr(39), chr(39) * 2)}', 'g')", VARCHAR
    )


def _codepoint(call: Call) -> Value | None:
    values = fit_all(call, TEXT)
    if values is None or values[0].type.precision not in (0, 1):
        return None
    empty = "fail('INVALID_FUNCTION_ARGUMENT: Input string must be a single character string')"
    return Value(f"CASE WHEN {values[0].sql} = '' THEN {empty} ELSE unicode({values[0].sql}) END", INTEGER)


_CHARACTER = (
    "CASE WHEN {0} NOT BETWEEN 0 AND 1114111 "
    "THEN fail('INVALID_FUNCTION_ARGUMENT: Not a valid Unicode code point: ' || {0}) "
    "ELSE chr(CAST({0} AS INTEGER)) END"
)
_HAMMING = (
    "CASE WHEN length({0}) <> length({1}) THEN "
    "fail('INVALID_FUNCTION_ARGUMENT: The input strings to hamming_distance function must have the same length') "
    "ELSE len(list_filter(list_zip(string_split({0}, ''), string_split({1}, '')), lambda x: x[1] <> x[2])) END"
)
_FOUND = "CASE WHEN regexp_matches({0}, {1}) THEN regexp_extract({0}, {1}%s) END"

TEXT_SCALARS: dict[str, Build] = {
    "chr": fixed(_CHARACTER, varchar(1), BIGINT),
    "codepoint": _codepoint,
    "concat": _concat,
    "concat_ws": _concat_ws,
    "ends_with": fixed("ends_with({0}, {1})", BOOLEAN, TEXT, TEXT),
    "hamming_distance": fixed(_HAMMING, BIGINT, TEXT, TEXT),
    "length": first_of(fixed("length({0})", BIGINT, TEXT), fixed("octet_length({0})", BIGINT, _BYTES)),
    "levenshtein_distance": fixed("CAST(py_levenshtein({0}, {1}) AS BIGINT)", BIGINT, TEXT, TEXT),
    "lower": fixed("lower({0})", None, TEXT),
    "lpad": _pad("lpad"),
    "ltrim": _trim("l"),
    "normalize": _normalize,
    "regexp_count": _regexp("CAST(len(regexp_extract_all({0}, {1})) AS BIGINT)", BIGINT),
    "regexp_extract": first_of(_regexp(_FOUND % "", None), _regexp_group(_FOUND % ", {2}", None)),
    "regexp_extract_all": first_of(
        _regexp("regexp_extract_all({0}, {1})", array(VARCHAR)),
        _regexp_group("regexp_extract_all({0}, {1}, {2})", array(VARCHAR)),
    ),
    "regexp_like": _regexp("regexp_matches({0}, {1})", BOOLEAN),
    "regexp_replace": _regexp_replace,
    "regexp_split": _regexp("regexp_split_to_array({0}, {1})", array(VARCHAR)),
    "replace": _replace,
    "reverse": first_of(
        fixed("joined(list_reverse(string_split({0}, '')), '')", None, TEXT),
        fixed("list_reverse({0})", None, frozenset({Kind.ARRAY})),
    ),
    "rpad": _pad("rpad"),
    "rtrim": _trim("r"),
    "split_part": _split_part,
    "starts_with": fixed("starts_with({0}, {1})", BOOLEAN, TEXT, TEXT),
    "strpos": _strpos,
    "substr": _substr,
    "substring": _substr,
    "translate": fixed("translate({0}, {1}, {2})", VARCHAR, TEXT, TEXT, TEXT),
    "trim": _trim(""),
    "upper": fixed("upper({0})", None, TEXT),
}
