"""Bytes, hashes, bits and URLs.

Sources: https://trino.io/docs/current/functions/binary.html, https://trino.io/docs/current/functions/bitwise.html,
https://trino.io/docs/current/functions/url.html.
"""

from __future__ import annotations

from .functions import Build, Call, fit_all, fixed
from .scopes import Value
from .trino_types import BIGINT, INTEGERS, TEXT, UNBOUNDED_VARCHAR_LENGTH, VARBINARY, VARCHAR, Kind, varchar

_BYTES = frozenset({Kind.VARBINARY})
_BITS = {Kind.TINYINT: 8, Kind.SMALLINT: 16, Kind.INTEGER: 32, Kind.BIGINT: 64}


def _hash(template: str) -> Build:
    return fixed(template, VARBINARY, _BYTES)


def _hmac(name: str) -> Build:
    return fixed(f"py_hmac('{name}', {{0}}, {{1}})", VARBINARY, _BYTES, _BYTES)


def _bitwise(template: str) -> Build:
    return fixed(template, BIGINT, BIGINT, BIGINT)


def _shift(moved: str, past: str = "0") -> Build:
    """Return a builder of a shift, which keeps the value's type.

    ``moved`` is written with the value ``{0}``, the same bits unsigned ``{1}``, the power of two ``{2}`` and the number
    of values of the type ``{3}``; ``past`` is the result of a shift by all bits or more.
    """

    def build(call: Call) -> Value | None:
        values = fit_all(call, INTEGERS, BIGINT)
        if values is None or values[0].type.kind is Kind.UNKNOWN:
            return None
        (value, shift), type_ = values, values[0].type
        bits = _BITS[type_.kind]
        size, wide = f"{2**bits}::HUGEINT", f"CAST({value.sql} AS HUGEINT)"
        unsigned = f"(CASE WHEN {value.sql} < 0 THEN {wide} + {size} ELSE {wide} END)"
        power = f"(1::HUGEINT << CAST(least({shift.sql}, {bits - 1}) AS INTEGER))"
        found = moved.format(wide, unsigned, power, size)
        signed = f"CASE WHEN {found} >= {2 ** (bits - 1)}::HUGEINT THEN {found} - {size} ELSE {found} END"
        whole = f"CASE WHEN {shift.sql} >= {bits} THEN {past.format(value.sql)} ELSE {signed} END"
        return Value(f"CAST({whole} AS {type_.duckdb})", type_)

    return build


def _url(part: str, result: str = "VARCHAR") -> Build:
    kind = BIGINT if result == "BIGINT" else None
    return fixed(f"CAST(py_url_part({{0}}, '{part}') AS {result})", kind, TEXT)


def _url_encode(call: Call) -> Value | None:
    values = fit_all(call, TEXT)
    if values is None:
        return None
    length = values[0].type.precision
    result = VARCHAR if length is None else varchar(min(length * 12, UNBOUNDED_VARCHAR_LENGTH))
    return Value(f"py_url_encode({values[0].sql})", result)


def _bit_count(call: Call) -> Value | None:
    values = fit_all(call, BIGINT, BIGINT)
    if values is None:
        return None
    value, bits = (item.sql for item in values)
    refused = "fail('INVALID_FUNCTION_ARGUMENT: Bits specified in bit_count must be between 2 and 64, got ' || "
    mask = f"((1::HUGEINT << least({bits}, 63)::INTEGER) - 1)::BIGINT"
    return Value(
        f"CASE WHEN {bits} NOT BETWEEN 2 AND 64 THEN {refused}{bits}) WHEN {bits} = 64 THEN bit_count({value}) "
        f"ELSE bit_count({value} & {mask}) END",
        BIGINT,
    )


_BAD_BASE64 = (
    "WHEN NOT regexp_full_match({0}, '([A-Za-z0-9+/]{{4}})*([A-Za-z0-9+/]{{2}}==|[A-Za-z0-9+/]{{3}}=)?') THEN "
)
_BAD_HEX = "WHEN NOT regexp_full_match({0}, '([0-9a-fA-F]{{2}})*') THEN "

BINARY_SCALARS: dict[str, Build] = {
    "bit_count": _bit_count,
    "bitwise_and": _bitwise("({0} & {1})"),
    "bitwise_left_shift": _shift("(({1} * {2}) % {3})"),
    "bitwise_not": fixed("(~{0})", BIGINT, BIGINT),
    "bitwise_or": _bitwise("({0} | {1})"),
    "bitwise_right_shift": _shift("({1} // {2})"),
    "bitwise_right_shift_arithmetic": _shift("floor_divide({0}, {2})", past="CASE WHEN {0} < 0 THEN -1 ELSE 0 END"),
    "bitwise_xor": _bitwise("xor({0}, {1})"),
    "crc32": fixed("CAST(py_crc32({0}) AS BIGINT)", BIGINT, _BYTES),
    "from_base64": fixed(
        "CASE " + _BAD_BASE64 + "fail('INVALID_FUNCTION_ARGUMENT: Illegal base64 value') "
        "WHEN {0} = '' THEN ''::BLOB ELSE from_base64({0}) END", VARBINARY, TEXT,
    ),
    "from_hex": fixed(
        "CASE " + _BAD_HEX + "fail('INVALID_FUNCTION_ARGUMENT: Invalid input string') ELSE unhex({0}) END",
        VARBINARY, TEXT,
    ),
    "from_utf8": fixed("py_from_utf8({0})", VARCHAR, _BYTES),
    "hmac_md5": _hmac("md5"),
    "hmac_sha1": _hmac("sha1"),
    "hmac_sha256": _hmac("sha256"),
    "hmac_sha512": _hmac("sha512"),
    "md5": _hash("unhex(md5({0}))"),
    "sha1": _hash("unhex(sha1({0}))"),
    "sha256": _hash("unhex(sha256({0}))"),
    "sha512": _hash("py_sha512({0})"),
    "to_base64": fixed("to_base64({0})", VARCHAR, _BYTES),
    "to_big_endian_64": fixed("unhex(printf('%016X', {0}))", VARBINARY, BIGINT),
    "to_hex": fixed("hex({0})", VARCHAR, _BYTES),
    "to_utf8": fixed("encode({0})", VARBINARY, TEXT),
    "url_decode": fixed("checked(py_url_decode({0}))", None, TEXT),
    "url_encode": _url_encode,
    "url_extract_fragment": _url("fragment"),
    "url_extract_host": _url("host"),
    "url_extract_parameter": fixed("py_url_parameter({0}, {1})", None, TEXT, TEXT),
    "url_extract_path": _url("path"),
    "url_extract_port": _url("port", "BIGINT"),
    "url_extract_protocol": _url("protocol"),
    "url_extract_query": _url("query"),
}  # fmt: skip
