"""A file as it landed, made plain: what it is by its first bytes, unpacked if it is compressed."""

import gzip
import shutil
from pathlib import Path
from typing import BinaryIO, Literal, Protocol, cast

from isal import igzip, isal_zlib

from etl.files.records import Refused

MAX_PLAIN_BYTES = 2 * 1024**3
"""How large a file may become when it is unpacked: twenty times the largest that may land."""

_BLOCK_BYTES = 1024 * 1024
_GZIP = b"\x1f\x8b"
_PARQUET = b"PAR1"
_FOREIGN = {
    b"PK\x03\x04": "a ZIP archive or an Excel workbook; send CSV, NDJSON, JSON or Parquet, plain or by gzip",
    b"BZh": "compressed by bzip2; use gzip",
    b"\xfd7zXZ\x00": "compressed by xz; use gzip",
    b"\x28\xb5\x2f\xfd": "compressed by zstd; use gzip",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive; use gzip",
    b"Obj\x01": "an Avro file; send Parquet or NDJSON",
    b"ORC": "an ORC file; send Parquet",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "an old Office document; export it as CSV",
    b"%PDF": "a PDF document; send its data as CSV",
    b"SQLite format 3\x00": "an SQLite database; export its tables as CSV",
}


class Plain(Protocol):
    """A file whose bytes can be read as often as one likes: a path, or what stands for one."""

    def open(self, mode: Literal["rb"]) -> BinaryIO:
        """A stream of its bytes."""


class Packed:
    """A file in gzip that is unpacked anew whenever it is read, which takes less time than to write it down."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def open(self, mode: Literal["rb"]) -> BinaryIO:
        """A stream of what is packed in it."""
        return cast(BinaryIO, igzip.open(self._file, mode))


def is_parquet(file: Plain) -> bool:
    """Whether a file begins as Parquet does."""
    return _head(file).startswith(_PARQUET)


def unpacked(file: Path) -> tuple[Plain, str]:
    """The plain file, and the compression it came in (`gzip` or nothing). Raises Refused."""
    plain: Plain = file
    compression = ""
    if _head(file).startswith(_GZIP):
        plain, compression = Packed(file), "gzip"
        try:
            _require_whole(plain)
        except EOFError:
            raise Refused("ends in the middle of its gzip data; it was cut off on its way, so send it again") from None
        except (gzip.BadGzipFile, isal_zlib.IsalError) as error:  # type: ignore[misc]  # its stub calls it an object
            raise Refused(f"is damaged gzip data: {error}") from None
    head = _head(plain)
    if not head:
        raise Refused("is empty")
    for magic, what in _FOREIGN.items():
        if head.startswith(magic):
            raise Refused(f"is {what}")
    if head.startswith(_GZIP):
        raise Refused("is compressed by gzip twice; compress it once")
    return plain, compression


def on_disk(file: Plain, folder: Path) -> Path:
    """A plain file as one on the disk, for readers that go back and forth in it."""
    if isinstance(file, Path):
        return file
    target = folder / "plain"
    with file.open("rb") as source, target.open("wb") as stream:
        shutil.copyfileobj(source, stream, _BLOCK_BYTES)
    return target


def _head(file: Plain) -> bytes:
    with file.open("rb") as stream:
        return stream.read(64)


def _require_whole(file: Plain) -> None:
    size = 0
    with file.open("rb") as source:
        while block := source.read(_BLOCK_BYTES):
            size += len(block)
            if size > MAX_PLAIN_BYTES:
                raise Refused(f"unpacks to more than {MAX_PLAIN_BYTES} bytes; split it")
