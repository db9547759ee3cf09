"""A file as it landed, made plain: what it is by its first bytes, unpacked if it is compressed."""

import gzip
import zlib
from pathlib import Path

from etl.files.records import Refused

MAX_PLAIN_BYTES = 2 * 1024**3
"""How large a file may become when it is unpacked: twenty times the largest that may land."""

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


def is_parquet(file: Path) -> bool:
    """Whether a file begins as Parquet does."""
    return _head(file).startswith(_PARQUET)


def unpacked(file: Path, folder: Path) -> tuple[Path, str]:
    """The plain file, and the compression it came in (`gzip` or nothing). Raises Refused."""
    head = _head(file)
    if head.startswith(_GZIP):
        plain = folder / "plain"
        try:
            _gunzip(file, plain)
        except EOFError:
            raise Refused("ends in the middle of its gzip data; it was cut off on its way, so send it again") from None
        except (gzip.BadGzipFile, zlib.error) as error:
            raise Refused(f"is damaged gzip data: {error}") from None
        file, compression = plain, "gzip"
        head = _head(file)
    else:
        compression = ""
    if not head:
        raise Refused("is empty")
    for magic, what in _FOREIGN.items():
        if head.startswith(magic):
            raise Refused(f"is {what}")
    if head.startswith(_GZIP):
        raise Refused("is compressed by gzip twice; compress it once")
    return file, compression


def _head(file: Path) -> bytes:
    with file.open("rb") as stream:
        return stream.read(64)


def _gunzip(file: Path, plain: Path) -> None:
    size = 0
    with gzip.open(file) as source, plain.open("wb") as target:
        while block := source.read(1024 * 1024):
            size += len(block)
            if size > MAX_PLAIN_BYTES:
                raise Refused(f"unpacks to more than {MAX_PLAIN_BYTES} bytes; split it")
            target.write(block)
