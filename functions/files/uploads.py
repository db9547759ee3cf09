"""Files on S3: one that came in a body is put; for one that is to come, what the client may send where.

All that is known of an upload is on S3, so any function may answer any request, and a client that asks again after an
interruption is told what is left to send.
"""

import hashlib
import math
from typing import Any

import file_key
from botocore.exceptions import ClientError
from file_request import Announced, Refused, Sent

FORM_MAX_BYTES = 16 * 1024 * 1024
"""The largest file that is uploaded in one piece, by a posted form; a larger one is sent in parts."""
PART_BYTES = 8 * 1024 * 1024
"""Size of each part but the last; S3 takes no smaller one than 5 MiB
(https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html)."""
EXPIRES_SECONDS = 3600
"""How long a form or a link is good for; never longer than the credentials that signed it."""

_TAKEN = ("PreconditionFailed", "ConditionalRequestConflict")


class Uploads:
    """The bucket for files; `s3` is a boto3 client."""

    def __init__(self, s3: Any, bucket: str) -> None:
        self._s3, self._bucket = s3, bucket

    def put(self, file: Sent) -> None:
        """Store a file, unless it is stored already. Raises Refused if another one has its id."""
        key = file_key.key(file.source, file.file_id, file.name)
        try:
            self._s3.put_object(Bucket=self._bucket, Key=key, Body=file.content, IfNoneMatch="*")
        except ClientError as error:
            if error.response["Error"]["Code"] not in _TAKEN:
                raise
            # The ETag of an object that was put whole, and not with a key of KMS, is its MD5:
            # https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html
            stored = self._stored(key)
            if not stored:
                raise
            if stored != hashlib.md5(file.content, usedforsecurity=False).hexdigest():
                raise Refused(409, "Idempotency-Key", "was used for another file") from None

    def next_step(self, file: Announced) -> dict[str, Any]:
        """What is left to do for a file: a state `stored`, `form` or `parts`, and what the client needs for it."""
        key = file_key.key(file.source, file.file_id, file.name)
        if self._stored(key):
            return {"state": "stored"}
        if file.size_bytes <= FORM_MAX_BYTES:
            return {"state": "form", **self._form(key, file.size_bytes), "expiresInSeconds": EXPIRES_SECONDS}
        return self._parts(key, file.size_bytes)

    def _form(self, key: str, size_bytes: int) -> dict[str, Any]:
        """https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html."""
        conditions = [["content-length-range", size_bytes, size_bytes]]
        form: dict[str, Any] = self._s3.generate_presigned_post(
            self._bucket, key, Conditions=conditions, ExpiresIn=EXPIRES_SECONDS
        )
        return form

    def _parts(self, key: str, size_bytes: int) -> dict[str, Any]:
        upload_id = self._upload(key) or self._begin(key)
        sizes = part_sizes(size_bytes)
        received = self._received(key, upload_id)
        missing = [number for number, size in sizes.items() if received.get(number, ("", -1))[1] != size]
        if not missing:
            self._complete(key, upload_id, [{"PartNumber": number, "ETag": received[number][0]} for number in sizes])
            return {"state": "stored"}
        return {
            "state": "parts",
            "partsTotal": len(sizes),
            "parts": [
                {
                    "number": number,
                    "offsetBytes": (number - 1) * PART_BYTES,
                    "sizeBytes": sizes[number],
                    "url": self._link(key, upload_id, number, sizes[number]),
                }
                for number in missing
            ],
            "expiresInSeconds": EXPIRES_SECONDS,
        }

    def _link(self, key: str, upload_id: str, number: int, size_bytes: int) -> str:
        """A link that takes exactly so many bytes, since its signature covers the header Content-Length."""
        part = {"Key": key, "UploadId": upload_id, "PartNumber": number, "ContentLength": size_bytes}
        link: str = self._s3.generate_presigned_url(
            "upload_part", {"Bucket": self._bucket, **part}, ExpiresIn=EXPIRES_SECONDS
        )
        return link

    def _stored(self, key: str) -> str | None:
        """The ETag of a file that is stored."""
        found = self._s3.list_objects_v2(Bucket=self._bucket, Prefix=key).get("Contents", [])
        return next((item["ETag"].strip('"') for item in found if item["Key"] == key), None)

    def _upload(self, key: str) -> str | None:
        """The upload that was begun first, so that two requests at once agree on one."""
        found = self._s3.list_multipart_uploads(Bucket=self._bucket, Prefix=key).get("Uploads", [])
        begun = sorted((item["Initiated"], item["UploadId"]) for item in found if item["Key"] == key)
        return str(begun[0][1]) if begun else None

    def _begin(self, key: str) -> str:
        begun = self._s3.create_multipart_upload(Bucket=self._bucket, Key=key)["UploadId"]
        return self._upload(key) or begun

    def _received(self, key: str, upload_id: str) -> dict[int, tuple[str, int]]:
        """ETag and size of the parts that are there, by number; no file has more than one page of them."""
        found = self._s3.list_parts(Bucket=self._bucket, Key=key, UploadId=upload_id).get("Parts", [])
        return {item["PartNumber"]: (item["ETag"], item["Size"]) for item in found}

    def _complete(self, key: str, upload_id: str, parts: list[dict[str, Any]]) -> None:
        try:
            self._s3.complete_multipart_upload(
                Bucket=self._bucket, Key=key, UploadId=upload_id, MultipartUpload={"Parts": parts}
            )
        except ClientError as error:
            # Another request was quicker.
            if error.response["Error"]["Code"] != "NoSuchUpload" or not self._stored(key):
                raise


def part_sizes(size_bytes: int) -> dict[int, int]:
    """Bytes of each part of a file, by its number."""
    count = math.ceil(size_bytes / PART_BYTES)
    return {number: min(PART_BYTES, size_bytes - (number - 1) * PART_BYTES) for number in range(1, count + 1)}
