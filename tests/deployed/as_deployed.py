"""Making a deployed stack what it was before anything was sent to it, which takes less than deploying another."""

import time
import uuid
from dataclasses import dataclass
from typing import Any

from rapid.cli.target import LocalStack

_OF_CREATION = ("Name", "Description", "Parameters", "PartitionKeys", "StorageDescriptor", "TableType")
_OF_CREATION += ("ViewExpandedText", "ViewOriginalText")


@dataclass(frozen=True)
class _Object:
    """An object that was there, in the bucket's only version of it or in one of several."""

    version_id: str
    etag: str
    body: bytes


class AsDeployed:
    """What the buckets and the tables of a stack hold when it is deployed."""

    def __init__(self, stack: LocalStack) -> None:
        self.stack = stack
        self._s3, self._glue = stack.client("s3"), stack.client("glue")
        self._buckets = [bucket["Name"] for bucket in self._s3.list_buckets()["Buckets"]]
        self._objects = {bucket: self._current(bucket) for bucket in self._buckets}
        self._tables = self._all_tables()

    def restore(self) -> None:
        """Wait for what is under way; then delete all that came, and put back what was there."""
        self.stack.flush()
        self._end_runs()
        for bucket in self._buckets:
            self._restore_bucket(bucket)
        self._restore_tables()
        self._empty_queues()
        self._forget_addresses()
        self._forget_pages()

    def _end_runs(self) -> None:
        """Wait for the runs of jobs, and forget those that were to be started."""
        scheduler = self.stack.client("scheduler")
        for schedule in scheduler.list_schedules(NamePrefix="start-")["Schedules"]:
            scheduler.delete_schedule(Name=schedule["Name"], GroupName=schedule["GroupName"])
        jobs = self._glue.list_jobs()["JobNames"]
        while any(
            run["JobRunState"] in ("STARTING", "RUNNING")
            for job in jobs
            for run in self._glue.get_job_runs(JobName=job)["JobRuns"]
        ):
            time.sleep(0.2)

    def _current(self, bucket: str) -> dict[str, _Object]:
        found = {}
        for item in self._versions(bucket, "Versions"):
            body = self._s3.get_object(Bucket=bucket, Key=item["Key"], VersionId=item["VersionId"])["Body"].read()
            found[item["Key"]] = _Object(item["VersionId"], item["ETag"], body)
        return found

    def _versions(self, bucket: str, kind: str) -> list[dict[str, Any]]:
        pages = self._s3.get_paginator("list_object_versions").paginate(Bucket=bucket)
        return [item for page in pages for item in page.get(kind, [])]

    def _restore_bucket(self, bucket: str) -> None:
        kept = self._objects[bucket]
        there = set()
        came = [
            {"Key": item["Key"], "VersionId": item["VersionId"]} for item in self._versions(bucket, "DeleteMarkers")
        ]
        for item in self._versions(bucket, "Versions"):
            wanted = kept.get(item["Key"])
            if wanted and (item["VersionId"], item["ETag"]) == (wanted.version_id, wanted.etag):
                there.add(item["Key"])
            else:
                came.append({"Key": item["Key"], "VersionId": item["VersionId"]})
        for start in range(0, len(came), 1000):
            self._s3.delete_objects(Bucket=bucket, Delete={"Objects": came[start : start + 1000], "Quiet": True})
        for key in kept.keys() - there:
            self._s3.put_object(Bucket=bucket, Key=key, Body=kept[key].body)
        for upload in self._s3.list_multipart_uploads(Bucket=bucket).get("Uploads", []):
            self._s3.abort_multipart_upload(Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"])

    def _all_tables(self) -> dict[str, dict[str, Any]]:
        pages = self._glue.get_paginator("get_tables").paginate(DatabaseName=self.stack.outputs["database"])
        return {
            table["Name"]: {name: table[name] for name in _OF_CREATION if name in table}
            for page in pages
            for table in page["TableList"]
        }

    def _restore_tables(self) -> None:
        database, there = self.stack.outputs["database"], self._all_tables()
        for name, table in there.items():
            if self._tables.get(name) != table:
                self._glue.delete_table(DatabaseName=database, Name=name)
        for name, table in self._tables.items():
            if there.get(name) != table:
                self._glue.create_table(DatabaseName=database, TableInput=table)

    def _empty_queues(self) -> None:
        sqs = self.stack.client("sqs")
        for url in sqs.list_queues().get("QueueUrls", []):
            # A queue can be purged once a minute only.
            while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
                for message in messages:
                    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            hidden = "ApproximateNumberOfMessagesNotVisible"
            found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[hidden])["Attributes"]
            if found[hidden] != "0":
                sqs.purge_queue(QueueUrl=url)

    def _forget_addresses(self) -> None:
        """Let web ACLs count anew, as they do after a change of a rate's settings."""
        waf = self.stack.client("wafv2")
        for summary in waf.list_web_acls(Scope="REGIONAL")["WebACLs"]:
            place = {"Name": summary["Name"], "Id": summary["Id"], "Scope": "REGIONAL"}
            found = waf.get_web_acl(**place)["WebACL"]
            kept = {name: found[name] for name in ("DefaultAction", "Description", "VisibilityConfig")}
            for rules in ([_wider(rule) for rule in found["Rules"]], found["Rules"]):
                lock = waf.get_web_acl(**place)["LockToken"]
                waf.update_web_acl(**place, **kept, Rules=rules, LockToken=lock)

    def _forget_pages(self) -> None:
        """Let CloudFront ask the buckets anew."""
        cloudfront, paths = self.stack.client("cloudfront"), {"Quantity": 1, "Items": ["/*"]}
        for each in cloudfront.list_distributions()["DistributionList"].get("Items", []):
            batch = {"CallerReference": uuid.uuid4().hex, "Paths": paths}
            cloudfront.create_invalidation(DistributionId=each["Id"], InvalidationBatch=batch)


def _wider(rule: dict[str, Any]) -> dict[str, Any]:
    limited = rule["Statement"]["RateBasedStatement"]
    return {**rule, "Statement": {"RateBasedStatement": {**limited, "Limit": limited["Limit"] + 1}}}
