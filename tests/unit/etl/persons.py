"""A lake with events of several persons in every place that there is, in versioned buckets."""

import base64
import gzip
import hashlib
import io
import json
import re

import boto3
import pyarrow as pa
import pyarrow.parquet as pq

from contracts import file_checks, load
from etl.jobs import forget_job
from tests.unit.etl.lake import SOURCES, Source

BUCKETS = ("raw", "processed", "curated", "quarantine", "files", "results", "artifacts")
HOUR = "2026/03/14/18"


class Persons(Source):
    """The orders of some customers: puts their events where they may be, forgets one, and looks at what is left."""

    def __init__(self, tmp_path):
        super().__init__(tmp_path)
        for bucket in BUCKETS:
            if bucket not in ("processed", "curated"):
                self.s3.create_bucket(Bucket=bucket)
            self.s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        self.sqs = boto3.client("sqs")
        self.queue_url = self.sqs.create_queue(QueueName="dead-letters")["QueueUrl"]
        command = {"Name": "glueetl", "ScriptLocation": "s3://artifacts/job.py"}
        self.glue.create_job(Name="curate", Role="arn:aws:iam::123456789012:role/curate", Command=command)
        documents = [file_checks.document(load(SOURCES / f"{source}.yaml")) for source in ("orders", "users")]
        self.put("artifacts", "contracts.json", json.dumps(documents).encode())

    def put(self, bucket, key, body):
        self.s3.put_object(Bucket=bucket, Key=key, Body=body)
        return key

    def body(self, customer, **fields):
        event = {"timestamp": "2026-03-14T18:30:00Z", "menuItem": "Pasta", "quantity": 1, "price": 9.5}
        return event | {"customerId": customer, "restaurantId": "r1"} | fields

    def envelope(self, event_id, body):
        return json.dumps({"id": event_id, "receivedAt": "2026-03-14T18:31:00.000Z", "body": body}).encode() + b"\n"

    def raw(self, *lines, source="orders"):
        key = f"{source}/{HOUR}/stream-1-{next(self._numbers):09d}.gz"
        return self.put("raw", key, gzip.compress(b"".join(lines)))

    def quarantine(self, event_id, event, source="orders"):
        name = hashlib.sha256(event_id.encode()).hexdigest()
        content = {"id": event_id, "source": source, "receivedAt": "2026-03-14 18:31:00.000", "errors": []}
        return self.put(
            "quarantine", f"{source}/2026/03/14/{name}.json", json.dumps(content | {"event": event}).encode()
        )

    def failed(self, *records):
        documents = [
            json.dumps({"errorCode": "Lambda.FunctionError", "rawData": base64.b64encode(record).decode()})
            for record in records
        ]
        key = f"errors/orders/processing-failed/{HOUR}/stream-1-{next(self._numbers):09d}"
        return self.put("processed", key, "\n".join(documents).encode())

    def dead_letter(self, record, source="orders"):
        content = {"source": source, "reason": "throttled", "record": base64.b64encode(record).decode()}
        self.sqs.send_message(QueueUrl=self.queue_url, MessageBody=json.dumps(content))

    def delivered_everywhere(self, customers, each=2):
        """Events of each customer in every place; curated."""
        for part in range(each):
            ids = [f"{customer}-{part}" for customer in customers]
            rows = [self.order(f"e-{name}", customerid=name.rpartition("-")[0], ingest_id=f"i-{name}") for name in ids]
            self.raw(*(self.envelope(f"i-{name}", self.body(name.rpartition("-")[0])) for name in ids))
            self.deliver(rows)
            self.curate(self.contract)
        for customer in customers:
            bad = self.body(customer, price=-1)
            lines = [self.envelope(f"bad-{customer}", bad), self.envelope(f"failed-{customer}", self.body(customer))]
            self.raw(*lines, b"customerId: " + customer.encode() + b"\n")
            self.quarantine(f"bad-{customer}", bad)
            self.quarantine(f"49:{customer}", f"customerId: {customer}")
            self.put("results", f"{customers.index(customer)}.csv", f'"customerid"\n"{customer}"\n'.encode())
        self.failed(b"".join(self.envelope(f"failed-{customer}", self.body(customer)) for customer in customers))
        self.dead_letter(b"".join(self.envelope(f"dead-{customer}", self.body(customer)) for customer in customers))
        for customer in customers:
            self.dead_letter(self.envelope(f"alone-{customer}", self.body(customer)))
        ids = {"source": "orders", "ids": [f"none-{customer}" for customer in customers]}
        self.raw(*(self.envelope(f"none-{customer}", self.body(customer)) for customer in customers))
        self.put("quarantine", "filtered/orders/2026/03/14/0.json", json.dumps(ids).encode())
        self._file(customers)

    def _file(self, customers):
        """A file that was taken in: a good row and a bad one of each customer."""
        rows = [
            f"f{part}{name},2026-03-14,Pasta,{price},9.5,{name},r1"
            for name in customers
            for part, price in ((0, 1), (1, "x"))
        ]
        header = "event_id,timestamp,menuItem,quantity,price,customerId,restaurantId"
        self.put("files", "incoming/orders/f1/all.csv", "\n".join([header, *rows]).encode())
        bad = [
            {"id": f"f1-{2 * number + 2}", "errors": [], "event": self.body(name, quantity="x"), "file": "f", "line": 3}
            for number, name in enumerate(customers)
        ]
        lines = "\n".join(map(json.dumps, bad)) + "\n"
        self.put("quarantine", "files/orders/f1/00000.ndjson.gz", gzip.compress(lines.encode()))
        good = [
            self.order(f"f0{name}", customerid=name, ingest_id=f"f1-{2 * number + 1}")
            for number, name in enumerate(customers)
        ]
        self.deliver(good)
        self.curate(self.contract)
        report = {"source": "orders", "fileId": "f1", "key": "incoming/orders/f1/all.csv", "state": "done"}
        self.put("files", "reports/orders/f1.json", json.dumps(report | {"rows": 2 * len(customers)}).encode())

    def request(self, field="customerId", value="cust1", source="orders", request_id="q1"):
        content = json.dumps({"field": field, "value": value}).encode()
        self.put("curated", f"erasure-requests/{source}/{request_id}.json", content)
        return request_id

    def arguments(self, request_id, source="orders", task="forget"):
        places = [part for bucket in BUCKETS[:-1] for part in (f"--{bucket}_bucket", bucket)]
        return [
            *("--task", task, "--source", source, "--request", request_id, "--database", "lake", *places),
            *("--dead_letter_queue_url", self.queue_url, "--curate_job", "curate", "--pseudonym_key_arn", "none"),
            *("--contracts_uri", "s3://artifacts/contracts.json", "--JOB_NAME", "erasure"),
        ]

    def forget(self, value="cust1", request_id="q1", task="forget", **request):
        """Run the job for a person; its exit status and report."""
        self.request(value=value, request_id=request_id, **request)
        status = forget_job.main(self.arguments(request_id, task=task, source=request.get("source", "orders")))
        return status, self.report(request_id, request.get("source", "orders"))

    def report(self, request_id="q1", source="orders"):
        return json.loads(
            self.s3.get_object(Bucket="curated", Key=f"erasures/{source}/{request_id}.json")["Body"].read()
        )

    def everything(self):
        """Every version of every object as plain bytes, by name; and the messages of the queue."""
        found = {}
        for bucket in BUCKETS[:-1]:
            for page in self.s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
                for item in page.get("Versions", []):
                    body = self.s3.get_object(Bucket=bucket, Key=item["Key"], VersionId=item["VersionId"])[
                        "Body"
                    ].read()
                    latest = "" if item["IsLatest"] else f"?{item['VersionId']}"
                    found[f"{bucket}/{item['Key']}{latest}"] = plain(body)
        return found | {f"queue/{number}": body for number, body in enumerate(self.letters())}

    def letters(self):
        found, queue = [], {"QueueUrl": self.queue_url}
        read = []
        while messages := self.sqs.receive_message(**queue, MaxNumberOfMessages=10, VisibilityTimeout=30).get(
            "Messages"
        ):
            read += messages
        for message in read:
            found.append(base64.b64decode(json.loads(message["Body"])["record"]))
            self.sqs.change_message_visibility(**queue, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0)
        return found

    def holding(self, value):
        """The names of everything in which a value stands, not as the beginning of a longer one."""
        return holding(self.everything(), value)


def holding(everything, value):
    wanted = re.compile(value.encode() + b"(?![0-9])")
    return sorted(name for name, body in everything.items() if wanted.search(body))


def plain(body):
    """Bytes without compression: gzip, Parquet, Avro, and base64 in Firehose's error documents."""
    if body[:2] == b"\x1f\x8b":
        return gzip.decompress(body)
    if body[:4] == b"PAR1":
        return (
            str(pq.read_table(io.BytesIO(body)).to_pylist()).encode()
            + str(pq.read_metadata(io.BytesIO(body)).to_dict()).encode()
        )
    if body[:4] == b"Obj\x01":
        return avro(body)
    if b"rawData" in body:
        return b"".join(base64.b64decode(json.loads(line)["rawData"]) for line in body.splitlines())
    return body


def avro(body):
    """The records of an Avro file, as text (https://avro.apache.org/docs/1.12.0/specification/#object-container-files)."""
    import zlib

    marker = body[-16:]
    head, *blocks = body.split(marker)
    found = [head]
    for block in blocks[:-1]:
        for start in range(1, 12):
            try:
                found.append(zlib.decompress(block[start:], -15))
                break
            except zlib.error:
                continue
        else:
            found.append(block)
    return b"".join(found)


def rows_of(table: pa.Table, customer):
    return sorted((row for row in table.to_pylist() if row["customerid"] == customer), key=str)
