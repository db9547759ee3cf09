"""Copying many objects from one bucket to another, without their bytes coming here: small ones by a request each,
large ones in parts, several at once."""

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from enum import Enum
from queue import SimpleQueue
from typing import Any, NamedTuple

from boto3.s3.transfer import TransferConfig, create_transfer_manager
from botocore.exceptions import BotoCoreError, ClientError
from s3transfer.exceptions import S3CopyFailedError

from etl.forget import versions

from ..errors import CommandError
from .comparing import SOURCE_ETAG, in_parts
from .inventory import Listed

WORKERS = 32
"""Objects under way at once, as many as the client keeps connections."""
PART_WORKERS = 8
"""Parts under way at once, of all large objects together."""
LARGE_BYTES = 64 * 1024 * 1024
"""From this size on an object is copied in parts."""
PART_BYTES = 32 * 1024 * 1024
CHECKSUM = "SHA256"
"""Of a copy whose source has no checksum; else S3 computes that of the source's algorithm."""
_WAITING = 4 * WORKERS
_GONE, _CHANGED = (404,), (409, 412)
_KEPT = ("CacheControl", "ContentDisposition", "ContentEncoding", "ContentLanguage", "ContentType", "Expires")


class Copy(NamedTuple):
    """An object that is to be copied."""

    bucket: str
    source: Listed
    target_bucket: str
    target_key: str
    replaces: bool = False
    """Whether the target has another object of that key, which must not stay, not even as an old version."""


class Outcome(Enum):
    """What came of it."""

    COPIED = "copied"
    GONE = "gone"
    """The source is not there any more."""
    CHANGED = "changed"
    """The source is another one than was listed: nothing was copied, the next listing has it as it is."""


class Copier:
    """Copies objects, and is closed in the end. Raises CommandError for what S3 refuses."""

    def __init__(self, s3: Any) -> None:
        self._s3 = s3
        self._stopped = threading.Event()
        config = TransferConfig(
            multipart_threshold=LARGE_BYTES, multipart_chunksize=PART_BYTES, max_concurrency=PART_WORKERS
        )
        self._parts = create_transfer_manager(s3, config)

    def __enter__(self) -> "Copier":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Where something went wrong, what is under way in parts is given up, and its parts are deleted."""
        self._stopped.set()
        self._parts.shutdown(cancel=kind is not None)

    def copy(self, copies: Iterable[Copy], done: Callable[[Copy, Outcome], None]) -> None:
        """Copy all, in any order; `done` hears of each from one thread. Holds a few at a time, however many there are.

        What is not begun yet when something goes wrong, or somebody interrupts, is left.
        """
        pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="copy")
        running: dict[Future[Outcome], Copy] = {}
        ended = SimpleQueue[Future[Outcome]]()
        try:
            for item in copies:
                future = pool.submit(self._one, item)
                running[future] = item
                future.add_done_callback(ended.put)
                if len(running) >= _WAITING:
                    _tell(running, ended, done)
            while running:
                _tell(running, ended, done)
        except BaseException:
            self._stopped.set()
            raise
        finally:
            pool.shutdown(cancel_futures=True)

    def _one(self, item: Copy) -> Outcome:
        if self._stopped.is_set():
            return Outcome.CHANGED
        try:
            if item.replaces:
                remove(self._s3, item.target_bucket, item.target_key)
            if item.source.size_bytes >= LARGE_BYTES or in_parts(item.source):
                self._marked(item)
            else:
                self._s3.copy_object(
                    CopySource={"Bucket": item.bucket, "Key": item.source.key},
                    CopySourceIfMatch=_quoted(item.source),
                    Bucket=item.target_bucket,
                    Key=item.target_key,
                    **_like(item.source),
                )
        except S3CopyFailedError:
            return Outcome.CHANGED
        except ClientError as error:
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            if status in _GONE and error.response["Error"]["Code"] != "NoSuchBucket":
                return Outcome.GONE
            if status in _CHANGED:
                return Outcome.CHANGED
            raise CommandError(f"{_named(item)} was not copied: {error}") from None
        except BotoCoreError as error:
            raise CommandError(f"{_named(item)} was not copied: {error}") from None
        return Outcome.COPIED

    def _marked(self, item: Copy) -> None:
        """Copy an object whose copy has another ETag, with that of the source as metadata. In parts if it is large."""
        found = self._s3.head_object(Bucket=item.bucket, Key=item.source.key, IfMatch=_quoted(item.source))
        extra = {name: found[name] for name in _KEPT if name in found}
        extra |= {
            "MetadataDirective": "REPLACE",
            "Metadata": {**found.get("Metadata", {}), SOURCE_ETAG: item.source.etag},
            "CopySourceIfMatch": _quoted(item.source),
            **_like(item.source),
        }
        self._parts.copy(
            {"Bucket": item.bucket, "Key": item.source.key},
            item.target_bucket,
            item.target_key,
            extra,
            [_Known(item.source)],
        ).result()


class _Known:
    """Tells the transfer what the listing has told already."""

    def __init__(self, source: Listed) -> None:
        self._source = source

    def on_queued(self, future: Any, **_: Any) -> None:
        future.meta.provide_transfer_size(self._source.size_bytes)
        future.meta.provide_object_etag(_quoted(self._source))


def remove(s3: Any, bucket: str, key: str) -> None:
    """Delete an object for good, with all that it ever was: what an erasure took out of it must not stay anywhere."""
    versions.delete(s3, [item for item in versions.listed(s3, bucket, key) if item.key == key])
    versions.remove_markers(s3, bucket, key)


def _quoted(source: Listed) -> str:
    """The ETag as HTTP has it."""
    return f'"{source.etag}"'


def _like(source: Listed) -> dict[str, str]:
    """What a copy has as its source has it."""
    kept = {"StorageClass": source.storage_class} if source.storage_class != "STANDARD" else {}
    return {"ChecksumAlgorithm": source.checksum or CHECKSUM, **kept}


def _tell(
    running: dict[Future[Outcome], Copy], ended: SimpleQueue[Future[Outcome]], done: Callable[[Copy, Outcome], None]
) -> None:
    """Tell of the next that ends. It is not looked for among all that are under way, which takes each time for all."""
    future = ended.get()
    done(running.pop(future), future.result())


def _named(item: Copy) -> str:
    return f"s3://{item.bucket}/{item.source.key}"
