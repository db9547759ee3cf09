"""An object of S3 as a file, of which only what is asked for is read."""

import io
from typing import Any


class S3File(io.RawIOBase):
    """Reads ranges of one object, each by a request of its own."""

    def __init__(self, s3: Any, bucket: str, key: str, size_bytes: int) -> None:
        """`s3` is a boto3 client."""
        self._s3, self._bucket, self._key, self._size = s3, bucket, key, size_bytes
        self._position = 0

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def tell(self) -> int:
        """The position of the next read."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move the position; the new one."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = max(0, start + offset)
        return self._position

    def readinto(self, buffer: Any) -> int:
        """Read as much as fits into a buffer; how much that was."""
        end = min(self._position + len(buffer), self._size)
        if end <= self._position:
            return 0
        span = f"bytes={self._position}-{end - 1}"
        body: bytes = self._s3.get_object(Bucket=self._bucket, Key=self._key, Range=span)["Body"].read()
        buffer[: len(body)] = body
        self._position += len(body)
        return len(body)
