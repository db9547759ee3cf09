"""Text of a file: which encoding it has, and its bytes as UTF-8 in blocks that end with a line."""

import codecs
import re
from collections.abc import Iterator

from etl.files.plain import Plain
from etl.files.records import MAX_RECORD_BYTES, Refused

BLOCK_BYTES = 2 * 1024 * 1024
"""Text that is looked at together."""
_READ_BYTES = 1024 * 1024
_BOMS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32-le",  # before UTF-16, whose mark is its beginning
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
# Bytes that Windows-1252 does not define, and control characters that no text has.
_NOT_WINDOWS = re.compile(rb"[\x00-\x08\x0b\x0e-\x1f\x7f\x81\x8d\x8f\x90\x9d]")
_MULTIBYTE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_HIGH = re.compile(rb"[\x80-\xff]")


def encoding(file: Plain) -> str:
    """The encoding of a whole text file: its mark, else UTF-8, else Windows-1252. Raises Refused for what is no text.

    A file that is UTF-8 but for a few bytes stays UTF-8: its bad rows are bad rows.
    """
    with file.open("rb") as stream:
        head = stream.read(4096)
    for mark, name in _BOMS.items():
        if head.startswith(mark):
            if name != "utf-8":
                _require(file, name, len(mark))
            return name
    if b"\x00" in head:
        name = _utf_16_without_mark(head)
        _require(file, name, 0)
        return name
    return "utf-8" if _is_utf_8(file) else "windows-1252"


def blocks(file: Plain, name: str) -> Iterator[bytes]:
    """The file in blocks of UTF-8 that end with a line, without its byte order mark.

    Of a line that is longer than a record may be, only so much is kept that this shows.
    """
    rest, is_dropping = b"", False
    for piece in pieces(file, name):
        if is_dropping:
            end = _line_end(piece)
            if not end:
                continue
            piece, is_dropping = piece[end:], False
            rest += b"\n"
        data = rest + piece
        end = _line_end(data)
        if end and len(data) >= BLOCK_BYTES:
            yield data[:end]
            data = data[end:]
        if not end and len(data) > MAX_RECORD_BYTES + BLOCK_BYTES:
            data, is_dropping = data[: MAX_RECORD_BYTES + 1], True
        rest = data
    if rest:
        yield rest


def _line_end(data: bytes) -> int:
    """Where the last line ends, 0 if none does. A carriage return that comes last may be half of an end."""
    return max(data.rfind(b"\n"), data.rfind(b"\r", 0, -1)) + 1


def pieces(file: Plain, name: str) -> Iterator[bytes]:
    """The file as UTF-8, cut anywhere, without its byte order mark."""
    mark = next((mark for mark, of in _BOMS.items() if of == name), b"")
    with file.open("rb") as stream:
        if stream.read(len(mark)) != mark:
            stream.seek(0)
        if name == "utf-8":
            while piece := stream.read(_READ_BYTES):
                yield piece
            return
        decoder = codecs.getincrementaldecoder(name)()
        while piece := stream.read(_READ_BYTES):
            yield decoder.decode(piece).encode()
        yield decoder.decode(b"", final=True).encode()


def is_utf_8(block: bytes) -> bool:
    """Whether some bytes are UTF-8 text."""
    try:
        block.decode()
    except UnicodeDecodeError:
        return False
    return True


def _require(file: Plain, name: str, start: int) -> None:
    decoder = codecs.getincrementaldecoder(name)()
    with file.open("rb") as stream:
        stream.seek(start)
        try:
            while piece := stream.read(_READ_BYTES):
                decoder.decode(piece)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError as error:
            raise Refused(f"is not {name.upper()} text all through: {error.reason}") from None


def _utf_16_without_mark(head: bytes) -> str:
    """Latin letters have a zero byte each in UTF-16. Raises Refused where the zeros stand otherwise."""
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if odd > len(head) // 8 and even < odd // 8:
        return "utf-16-le"
    if even > len(head) // 8 and odd < even // 8:
        return "utf-16-be"
    raise Refused("is neither text nor Parquet: it holds zero bytes; send CSV, NDJSON, JSON or Parquet")


def _is_utf_8(file: Plain) -> bool:
    """Whether a file is UTF-8, perhaps but for some bytes. Raises Refused if it is not Windows-1252 either."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for piece in _pieces_of(file):
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return _is_mostly_utf_8(file)
    return True


def _is_mostly_utf_8(file: Plain) -> bool:
    characters, high, is_foreign = 0, 0, False
    for piece in _pieces_of(file):
        found = _MULTIBYTE.findall(piece)
        characters += len(found)
        high += len(_HIGH.findall(piece)) - sum(map(len, found))
        is_foreign = is_foreign or _NOT_WINDOWS.search(piece) is not None
    if characters > high:
        return True
    if is_foreign:
        raise Refused("is text neither in UTF-8 nor in Windows-1252; save it as UTF-8")
    return False


def _pieces_of(file: Plain) -> Iterator[bytes]:
    with file.open("rb") as stream:
        while piece := stream.read(_READ_BYTES):
            yield piece
