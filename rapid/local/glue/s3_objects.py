"""Scripts and libraries on S3, fetched as a run's launch does it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError


class LaunchError(Exception):
    """A run that could not be launched. The message is the run's ErrorMessage."""


@dataclass(frozen=True)
class S3Object:
    """An object on S3."""

    bucket: str
    key: str

    @property
    def file_name(self) -> str:
        """The last part of the key."""
        return self.key.rpartition("/")[2]


def parse_uri(uri: str) -> S3Object | None:
    """The object of an `s3://bucket/key` URI; None where it is not one."""
    bucket, slash, key = uri.removeprefix("s3://").partition("/")
    is_file = uri.startswith("s3://") and bucket and slash and key and not key.endswith("/")
    return S3Object(bucket, key) if is_file else None


def download(s3: Any, item: S3Object, folder: Path) -> Path:
    """Store an object in a folder under its own name. Raises LaunchError in Glue's words.

    https://docs.aws.amazon.com/glue/latest/dg/glue-troubleshooting-errors.html
    """
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / item.file_name
    try:
        with file.open("wb") as target:
            for chunk in s3.get_object(Bucket=item.bucket, Key=item.key)["Body"].iter_chunks(1024 * 1024):
                target.write(chunk)
    except ClientError as error:
        detail = error.response["Error"]
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        raise LaunchError(
            f"LAUNCH ERROR | Error downloading from S3 for bucket: {item.bucket}, key: {item.key}."
            f"{detail['Message']} (Service: Amazon S3; Status Code: {status}; Please refer logs for details."
        ) from None
    return file
