"""Functions on text, by Unicode code points, and on bytes.

Sources: https://trino.io/docs/current/functions/string.html, …/regexp.html, …/binary.html.
"""

from __future__ import annotations

import re

from .array_functions import concatenated
from .errors import ErrorName, QueryFailedError
from .functions import Build, Call, UnsupportedCallError, described, first_of, fit_all
from .scopes import Value, quoted_text
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

_JAVA_ONLY_REGEX = re.compile(r"\(\?[=!<>]|\\[GZhHRXk1-9]|&&|[+*?}]\+|\[\[:|\\p\{(?!L|N|P|S|Z|M|C)")
_MAY_BE_ABSENT = (")?", ")*", "|", "){0")
_BYTES = frozenset({Kind.VARBINARY})


def _concat(call: Call) -> Value | None:
    if any(value.type.kind is Kind.ARRAY for value in call.arguments):
        is_array = all(value.type.kind in (Kind.ARRAY, Kind.UNKNOWN) for value in call.arguments)
        return concatenated(*call.arguments) if is_array and len(call.arguments) > 1 else None
    if len(call.arguments) < 2:
        return None
    for kinds, result in ((TEXT, VARCHAR), (_BYTES, VARBINARY)):
        if fit_all(call, *[kinds] * len(call.arguments)) is not None:
            return Value("(" + " || ".join(value.sql for value in call.arguments) + ")", result)
    return None


def _concat_ws(call: Call) -> Value | None:
    values = fit_all(call, *[VARCHAR] * len(call.arguments)) if len(call.arguments) > 1 else None
    if values is None:
        return None
    items = ", ".join(value.sql for value in values[1:])
    return Value(f"joined(CAST([{items}] AS VARCHAR[]), {values[0].sql})", VARCHAR)


def _replace(call: Call) -> Value | None:
    values = fit_all(call, TEXT, TEXT) or fit_all(call, TEXT, TEXT, TEXT)
    if values is None:
        return None
    text, search = values[0], values[1]
    put = values[2] if len(values) == 3 else Value("''", varchar(0))
    lengths = (text.type.precision, put.type.precision)
    longest = None if None in lengths else (lengths[0] or 0) + (lengths[1] or 0) * ((lengths[0] or 0) + 1)
    result = VARCHAR if longest is None else varchar(min(longest, UNBOUNDED_VARCHAR_LENGTH))
    return Value(f"replaced({text.sql}, {search.sql}, {put.sql})", result)


def _codepoint(call: Call) -> Value | None:
    values = fit_all(call, TEXT)
    if values is None or values[0].type.precision not in (0, 1):
        return None
    empty = "invalid('Input string must be a single character string')"
    return Value(f"CASE WHEN {values[0].sql} = '' THEN {empty} ELSE unicode({values[0].sql}) END", INTEGER)


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
    return Value(f"regexp_replace({values[0].sql}, {values[1].sql}, {quoted_text(parts)}, 'g')", VARCHAR)


_FOUND = "CASE WHEN regexp_matches({0}, {1}) THEN regexp_extract({0}, {1}%s) END"

TEXT_SCALARS: dict[str, Build] = {
    **described("""
        chr(bigint) varchar(1) = letter({0})
        concat_ws(varchar, array(varchar)) varchar = joined({1}, {0})
        ends_with(text, text) boolean = ends_with({0}, {1})
        from_base64(text) varbinary = unbase64({0})
        from_big_endian_64(varbinary) bigint = big_endian({0})
        from_hex(text) varbinary = unhexed({0})
        from_utf8(varbinary) varchar = py_from_utf8({0})
        length(text) bigint = length({0})
        length(varbinary) bigint = octet_length({0})
        lower(text) same = lower({0})
        lpad(text, bigint, text) varchar = CASE WHEN fillable({1}, {2}) THEN lpad({0}, CAST({1} AS INTEGER), {2}) END
        ltrim(text) same = ltrim({0}, white_space())
        ltrim(text, text) same = ltrim({0}, {1})
        md5(varbinary) varbinary = unhex(md5({0}))
        normalize(text) varchar = nfc_normalize({0})
        reverse(text) same = joined(list_reverse(string_split({0}, '')), '')
        reverse(array(T)) same = list_reverse({0})
        rpad(text, bigint, text) varchar = CASE WHEN fillable({1}, {2}) THEN rpad({0}, CAST({1} AS INTEGER), {2}) END
        rtrim(text) same = rtrim({0}, white_space())
        rtrim(text, text) same = rtrim({0}, {1})
        sha1(varbinary) varbinary = unhex(sha1({0}))
        sha256(varbinary) varbinary = unhex(sha256({0}))
        split_part(text, text, bigint) same = \
            CASE WHEN {2} < 1 THEN invalid('Index must be greater than zero') ELSE string_split({0}, {1})[{2}] END
        starts_with(text, text) boolean = starts_with({0}, {1})
        strpos(text, text) bigint = strpos({0}, {1})
        strpos(text, text, bigint) bigint = !with an instance
        substr(text, bigint) same = \
            CASE WHEN {1} = 0 OR abs({1}) > length({0}) THEN left({0}, 0) ELSE substr({0}, {1}) END
        substr(text, bigint, bigint) same = \
            CASE WHEN {1} = 0 OR abs({1}) > length({0}) THEN left({0}, 0) \
            ELSE left(substr({0}, {1}), greatest({2}, 0)) END
        substr(varbinary, bigint) same ?= bytes_from({0}, {1}, octet_length({0}))
        substr(varbinary, bigint, bigint) same ?= bytes_from({0}, {1}, {2})
        to_base64(varbinary) varchar = to_base64({0})
        to_hex(varbinary) varchar = hex({0})
        to_utf8(text) varbinary = encode({0})
        translate(text, text, text) varchar = translate({0}, {1}, {2})
        trim(text) same = trim({0}, white_space())
        trim(text, text) same = trim({0}, {1})
        upper(text) same = upper({0})
    """),
    "codepoint": _codepoint,
    "concat": _concat,
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
}
TEXT_SCALARS["concat_ws"] = first_of(TEXT_SCALARS["concat_ws"], _concat_ws)
TEXT_SCALARS["substring"] = TEXT_SCALARS["substr"]
