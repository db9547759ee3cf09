"""Pulumi's assets and archives, read into bytes; an archive becomes a zip whose bytes depend on its content alone."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from rapid.local.deploy.errors import DeployError

# Zip knows no time before 1980; a fixed one keeps the bytes the same from one deployment to the next.
_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)
_READABLE_FILE = 0o644 << 16


@dataclass(frozen=True)
class Asset:
    """One file: from a path, or from text."""

    path: str | None = None
    text: str | None = None

    def read(self) -> bytes:
        """Return the content; raises DeployError where the file is missing."""
        return self.text.encode() if self.text is not None else _read_file(Path(self.path or ""))

    @property
    def sha256(self) -> str:
        """The digest of the content, in hexadecimal."""
        return hashlib.sha256(self.read()).hexdigest()


@dataclass(frozen=True)
class Archive:
    """Several files: from a map of names, from a folder, or from a zip file."""

    assets: Mapping[str, Asset | Archive] | None = None
    path: str | None = None

    def read(self) -> bytes:
        """Return the zip file's bytes, the same for the same content."""
        if self.assets is None and self.path and Path(self.path).is_file():
            return _read_file(Path(self.path))
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in sorted(self.files()):
                entry = zipfile.ZipInfo(name, _ZIP_EPOCH)
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.external_attr = _READABLE_FILE
                archive.writestr(entry, content)
        return buffer.getvalue()

    def files(self) -> Iterator[tuple[str, bytes]]:
        """Yield each file's name inside the archive and its content."""
        if self.assets is None:
            yield from _files_at(Path(self.path or ""))
            return
        for name, member in self.assets.items():
            if isinstance(member, Asset):
                yield name, member.read()
            else:
                yield from ((f"{name.rstrip('/')}/{inner}", content) for inner, content in member.files())

    @property
    def sha256(self) -> str:
        """The digest of the zip file, in hexadecimal."""
        return hashlib.sha256(self.read()).hexdigest()


def _files_at(path: Path) -> Iterator[tuple[str, bytes]]:
    if path.is_dir():
        for file in path.rglob("*"):
            if file.is_file():
                yield file.relative_to(path).as_posix(), file.read_bytes()
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            yield from ((name, archive.read(name)) for name in archive.namelist() if not name.endswith("/"))
    else:
        raise DeployError(f"the archive {path} is neither a folder nor a zip file; give one, or map names to assets")


def _read_file(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DeployError(f"the asset {path} cannot be read: {error.strerror}") from error
