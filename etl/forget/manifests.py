"""Iceberg's manifests as bytes: which data files one names, and what bounds of columns it holds."""

import io
from collections.abc import Iterator

from pyiceberg.io import InputFile, InputStream
from pyiceberg.io.pyarrow import PyArrowFileIO
from pyiceberg.manifest import DataFile, ManifestContent, ManifestFile


def data_files(body: bytes) -> Iterator[DataFile]:
    """The data files that a manifest names, those that it says are deleted too. Raises ValueError for what is none."""
    manifest = ManifestFile.from_args(
        manifest_path="",
        manifest_length=len(body),
        partition_spec_id=0,
        content=ManifestContent.DATA,
        sequence_number=0,
        min_sequence_number=0,
        added_snapshot_id=0,
    )
    try:
        entries = manifest.fetch_manifest_entry(_Only(body), discard_deleted=False)
    except (AssertionError, EOFError, KeyError, TypeError) as error:
        raise ValueError(f"is no manifest: {error}") from None
    for entry in entries:
        yield entry.data_file


class _Only(PyArrowFileIO):
    """Gives one file, whatever it is asked for."""

    def __init__(self, body: bytes) -> None:
        super().__init__({})
        self._body = body

    def new_input(self, location: str) -> InputFile:  # type: ignore[override]
        return _Bytes(self._body)


class _Bytes(InputFile):
    def __init__(self, body: bytes) -> None:
        super().__init__("")
        self._body = body

    def __len__(self) -> int:
        return len(self._body)

    def exists(self) -> bool:
        return True

    def open(self, seekable: bool = True) -> InputStream:
        return io.BytesIO(self._body)
