"""The code of functions: zips as deployed, unpacked once each."""

import base64
import hashlib
import io
import tempfile
import threading
import zipfile
from pathlib import Path

from ..service_error import ServiceError

MAX_UNPACKED_BYTES = 262_144_000
"""https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: 250 MB, unzipped."""


class CodeStore:
    """Unpacked zips under the hash that Lambda shows as CodeSha256."""

    def __init__(self) -> None:
        # Deleted when the interpreter exits, too.
        self._temporary = tempfile.TemporaryDirectory(prefix="rapid-functions-", ignore_cleanup_errors=True)
        self._root = Path(self._temporary.name)
        self._lock = threading.Lock()

    def put(self, content: bytes) -> None:
        """Unpack a zip. Raises ServiceError if Lambda would not take it."""
        target = self._directory(base64.b64encode(hashlib.sha256(content).digest()).decode())
        with self._lock:
            if target.exists():
                return
            partial = target.with_suffix(".partial")
            _unpack(content, partial)
            partial.rename(target)

    def directory(self, code_sha256: str) -> Path | None:
        """The directory of the code with that hash; None if it was never put."""
        found = self._directory(code_sha256)
        return found if found.exists() else None

    def remove(self) -> None:
        """Delete all code."""
        self._temporary.cleanup()

    def _directory(self, code_sha256: str) -> Path:
        return self._root / base64.b64decode(code_sha256).hex()


def _unpack(content: bytes, target: Path) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            size = sum(member.file_size for member in archive.infolist())
            if size > MAX_UNPACKED_BYTES:
                message = f"Unzipped size must be smaller than {MAX_UNPACKED_BYTES} bytes"
                raise ServiceError("InvalidParameterValueException", message)
            archive.extractall(target)
    except zipfile.BadZipFile:
        message = "Could not unzip uploaded file. Please check your file, then try to upload again."
        raise ServiceError("InvalidParameterValueException", message) from None
