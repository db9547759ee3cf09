"""Copies of objects, whole and in parts, on a condition; and listings, page by page, while others write."""

import base64
import hashlib
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.s3.models import FakeKey, s3_backends

from rapid.local.clients import ACCOUNT_ID

from .cloud_rig import Rig

COPY = "https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html"
PART = "https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPartCopy.html"
METADATA = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html"
VERSIONS = "https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html"
LIST = "https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html"
MIB = 1024 * 1024


@pytest.fixture
def s3(rig: Rig) -> Iterator[Any]:
    """S3 with two buckets."""
    client = rig.aws("s3")
    for bucket in ("copies-from", "copies-to"):
        client.create_bucket(Bucket=bucket)
        client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    yield client
    for bucket in ("copies-from", "copies-to"):
        for page in client.get_paginator("list_object_versions").paginate(Bucket=bucket):
            for item in (*page.get("Versions", []), *page.get("DeleteMarkers", [])):
                client.delete_object(Bucket=bucket, Key=item["Key"], VersionId=item["VersionId"])
        client.delete_bucket(Bucket=bucket)


def code(call: Any, **arguments: Any) -> tuple[str, int]:
    """Why a call is refused."""
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    answer = caught.value.response
    return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]


@pytest.mark.aws("S3", "Copies on a condition", COPY)
def test_a_copy_is_made_only_of_the_source_that_is_asked_for(s3: Any) -> None:
    etag = s3.put_object(Bucket="copies-from", Key="a b", Body=b"one")["ETag"]
    copy = {"CopySource": {"Bucket": "copies-from", "Key": "a b"}, "Bucket": "copies-to", "Key": "a b"}
    s3.copy_object(**copy, CopySourceIfMatch=etag, ChecksumAlgorithm="SHA256")
    found = s3.get_object(Bucket="copies-to", Key="a b", ChecksumMode="ENABLED")
    assert (found["Body"].read(), found["ETag"]) == (b"one", etag)
    assert found["ChecksumSHA256"] == base64.b64encode(hashlib.sha256(b"one").digest()).decode()
    assert code(s3.copy_object, **copy, CopySourceIfNoneMatch=etag) == ("PreconditionFailed", 412)
    s3.put_object(Bucket="copies-from", Key="a b", Body=b"two")
    assert code(s3.copy_object, **copy, CopySourceIfMatch=etag) == ("PreconditionFailed", 412)
    assert s3.get_object(Bucket="copies-to", Key="a b")["Body"].read() == b"one"
    s3.delete_object(Bucket="copies-from", Key="a b")
    assert code(s3.copy_object, **copy) == ("NoSuchKey", 404)


@pytest.mark.aws("S3", "Metadata of objects", METADATA)
def test_metadata_keeps_its_name_in_small_letters_and_may_be_replaced_by_a_copy(s3: Any) -> None:
    s3.put_object(Bucket="copies-from", Key="key", Body=b"one", Metadata={"Written-By": "somebody"})
    assert s3.head_object(Bucket="copies-from", Key="key")["Metadata"] == {"written-by": "somebody"}
    copy = {"CopySource": {"Bucket": "copies-from", "Key": "key"}, "Bucket": "copies-to", "Key": "key"}
    s3.copy_object(**copy)
    assert s3.head_object(Bucket="copies-to", Key="key")["Metadata"] == {"written-by": "somebody"}
    s3.copy_object(**copy, MetadataDirective="REPLACE", Metadata={"copied-from": "key"})
    assert s3.head_object(Bucket="copies-to", Key="key")["Metadata"] == {"copied-from": "key"}


@pytest.mark.aws("S3", "Copies on a condition", PART)
def test_a_part_is_copied_only_of_the_source_that_is_asked_for(s3: Any) -> None:
    body = bytes(5 * MIB) + b"end"
    etag = s3.put_object(Bucket="copies-from", Key="large", Body=body)["ETag"]
    upload = s3.create_multipart_upload(Bucket="copies-to", Key="large", ChecksumAlgorithm="SHA256")["UploadId"]
    part = {
        "CopySource": {"Bucket": "copies-from", "Key": "large"},
        "Bucket": "copies-to",
        "Key": "large",
        "UploadId": upload,
    }
    parts = []
    for number, reach in enumerate(("0-5242879", "5242880-5242882"), start=1):
        copied = s3.upload_part_copy(
            **part, PartNumber=number, CopySourceRange=f"bytes={reach}", CopySourceIfMatch=etag
        )
        parts.append({"PartNumber": number, "ETag": copied["CopyPartResult"]["ETag"]})
    assert code(s3.upload_part_copy, **part, PartNumber=3, CopySourceIfMatch="no") == ("PreconditionFailed", 412)
    missing = {**part, "CopySource": {"Bucket": "copies-from", "Key": "none"}}
    assert code(s3.upload_part_copy, **missing, PartNumber=3) == ("NoSuchKey", 404)
    s3.complete_multipart_upload(Bucket="copies-to", Key="large", UploadId=upload, MultipartUpload={"Parts": parts})
    found = s3.get_object(Bucket="copies-to", Key="large")
    assert found["Body"].read() == body
    assert found["ETag"].endswith('-2"')
    # Copied whole, it has the ETag of its bytes again.
    s3.copy_object(CopySource={"Bucket": "copies-to", "Key": "large"}, Bucket="copies-to", Key="whole")
    assert s3.head_object(Bucket="copies-to", Key="whole")["ETag"] == etag


@pytest.mark.aws("S3", "Listings of versions", VERSIONS)
@pytest.mark.parametrize("page", [1, 2, 3, 5, 100])
def test_every_version_and_delete_marker_is_listed_once_whatever_the_page(s3: Any, page: int) -> None:
    stored = set()
    for key in ("a/1", "a/2", "a/3", "b/1"):
        for _ in range(int(key[-1])):
            stored.add((key, s3.put_object(Bucket="copies-from", Key=key, Body=b"")["VersionId"]))
    stored.add(("a/3", s3.delete_object(Bucket="copies-from", Key="a/3")["VersionId"]))
    pages = s3.get_paginator("list_object_versions").paginate(
        Bucket="copies-from", Prefix="a/", PaginationConfig={"PageSize": page}
    )
    listed = [
        (item["Key"], item["VersionId"])
        for found in pages
        for item in (*found.get("Versions", []), *found.get("DeleteMarkers", []))
    ]
    assert len(listed) == len(set(listed))
    assert set(listed) == {item for item in stored if item[0].startswith("a/")}
    folders = s3.list_object_versions(Bucket="copies-from", Delimiter="/")["CommonPrefixes"]
    assert [item["Prefix"] for item in folders] == ["a/", "b/"]


def stored_keys(bucket: str) -> Any:
    """The keys of a bucket, as a listing goes through them."""
    return s3_backends[ACCOUNT_ID]["aws"].buckets[bucket].keys


@pytest.mark.aws("S3", "Listings", LIST)
def test_a_listing_goes_on_when_objects_are_put_and_deleted_meanwhile(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    stored = [(key, s3.put_object(Bucket="copies-from", Key=key, Body=b"")["VersionId"]) for key in ("a", "b", "c")]
    added = FakeKey.__hash__

    def write(found: Any) -> int:
        monkeypatch.setattr(FakeKey, "__hash__", added)
        for key, version in stored[1:]:
            s3.delete_object(Bucket="copies-from", Key=key, VersionId=version)
        s3.put_object(Bucket="copies-from", Key="d", Body=b"")
        return added(found)

    # The listing has the first of them.
    monkeypatch.setattr(FakeKey, "__hash__", write)
    listed = s3.list_objects_v2(Bucket="copies-from")["Contents"]
    assert [item["Key"] for item in listed] == ["a", "b", "c"]
    assert [item["Key"] for item in s3.list_objects_v2(Bucket="copies-from")["Contents"]] == ["a", "d"]


@pytest.mark.aws("S3", "Listings", LIST)
@pytest.mark.parametrize("page", [1, 2, 3, 100])
@pytest.mark.parametrize("operation", ["list_objects", "list_objects_v2"])
def test_every_object_is_listed_once_in_the_order_of_keys_whatever_the_page(s3: Any, operation: str, page: int) -> None:
    for key in ("b/2", "a/1", "b/3", "b/1", "b/4", "c"):
        s3.put_object(Bucket="copies-from", Key=key, Body=b"")
    s3.delete_object(Bucket="copies-from", Key="b/2")

    def listed(**asked: str) -> list[str]:
        sizes = {"PageSize": page}
        pages = s3.get_paginator(operation).paginate(Bucket="copies-from", PaginationConfig=sizes, **asked)
        return [item["Key"] for found in pages for item in found.get("Contents", [])]

    assert listed() == ["a/1", "b/1", "b/3", "b/4", "c"]
    assert listed(Prefix="b/") == ["b/1", "b/3", "b/4"]
    after = "Marker" if operation == "list_objects" else "StartAfter"
    assert listed(Prefix="b/", **{after: "b/1"}) == ["b/3", "b/4"]
    assert listed(Prefix="none") == []


@pytest.mark.parametrize("operation", ["list_objects", "list_objects_v2"])
def test_a_page_of_a_listing_takes_no_more_of_moto_than_its_objects(
    s3: Any, operation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(30):
        s3.put_object(Bucket="copies-from", Key=f"{number:02}", Body=b"")
    taken = set()
    plain = FakeKey.__hash__
    monkeypatch.setattr(FakeKey, "__hash__", lambda key: taken.add(key.name) or plain(key))
    found = getattr(s3, operation)(Bucket="copies-from", MaxKeys=2)
    assert [item["Key"] for item in found["Contents"]] == ["00", "01"]
    assert taken == {"00", "01", "02"}


@pytest.mark.aws("S3", "Listings", LIST)
def test_an_object_is_listed_with_the_time_that_it_says_of_itself(s3: Any) -> None:
    s3.put_object(Bucket="copies-from", Key="a", Body=b"")
    [listed] = s3.list_objects_v2(Bucket="copies-from")["Contents"]
    assert listed["LastModified"] == s3.head_object(Bucket="copies-from", Key="a")["LastModified"]


@pytest.mark.aws("S3", "Listings of versions", VERSIONS)
def test_a_version_that_is_on_its_way_out_is_listed_with_its_size(s3: Any) -> None:
    s3.put_object(Bucket="copies-from", Key="a", Body=b"bytes")
    stored_keys("copies-from")["a"].dispose()
    [found] = s3.list_object_versions(Bucket="copies-from")["Versions"]
    assert (found["Size"], found["ETag"]) == (5, f'"{hashlib.md5(b"bytes").hexdigest()}"')


@pytest.mark.aws("S3", "Listings", LIST)
def test_an_object_that_is_gone_before_its_etag_was_asked_for_has_it(s3: Any) -> None:
    key = FakeKey("a", b"bytes", ACCOUNT_ID, "us-east-1")
    key.dispose()
    assert key.etag == f'"{hashlib.md5(b"bytes").hexdigest()}"'
