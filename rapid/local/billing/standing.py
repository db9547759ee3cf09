"""What costs by being there: what S3 keeps, keys, secrets, alarms, dashboards, endpoints, web ACLs, data streams.

Of what is deleted, the time before is not counted; that of data streams and their shards Kinesis counts at their end.
"""

import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime

from moto.ec2.models import ec2_backends
from moto.kms.models import kms_backends
from moto.s3.models import s3_backends
from moto.secretsmanager.models import FakeSecret, secretsmanager_backends

from rapid.cost.prices import GB, HOURS_A_MONTH

from ..clients import ACCOUNT_ID, Clients
from ..kinesis import billing, sequence
from .meter import Resource, Usage


def usages(clients: Clients) -> Iterator[Usage]:
    """What has been there, all of it as of today."""
    now = time.time()
    today = datetime.fromtimestamp(now, UTC).date()
    for price_id, resource, since, amount in (*_things(clients.region), *_data_streams(clients), *_watched(clients)):
        hours = max(0.0, now - since) / 3600
        months = hours if price_id.endswith("_hours") else hours / HOURS_A_MONTH
        yield Usage(today, price_id, resource, amount * months)


def _things(region: str) -> Iterator[tuple[str, Resource, float, float]]:
    """Price, resource, since when in epoch seconds, and how much of it."""
    for bucket in s3_backends[ACCOUNT_ID]["aws"].buckets.values():
        for key in list(bucket.keys):
            for version in bucket.keys.getlist(key):
                if hasattr(version, "size"):  # a delete marker has none
                    yield "s3_storage", Resource("s3", bucket.name), _epoch(version.last_modified), version.size / GB
    for key_id, kms_key in kms_backends[ACCOUNT_ID][region].keys.items():
        if kms_key.key_state != "PendingDeletion":
            yield "kms_keys", Resource("kms", key_id), _epoch(kms_key.creation_date), 1
    for secret in secretsmanager_backends[ACCOUNT_ID][region].secrets.values():
        if isinstance(secret, FakeSecret):
            yield "secrets", Resource("secretsmanager", secret.name), _epoch(secret.created_date), 1
    if waf := sys.modules.get("moto.wafv2.models"):  # it takes long to import, and few stacks have a web ACL
        for web_acl in waf.wafv2_backends[ACCOUNT_ID][region].wacls.values():
            resource, since = Resource("wafv2", web_acl.id), _epoch(web_acl.created_time)
            yield "waf_web_acls", resource, since, 1
            yield "waf_rules", resource, since, len(web_acl.rules)
    for endpoint in ec2_backends[ACCOUNT_ID][region].vpc_end_points.values():
        if endpoint.vpc_endpoint_type == "Interface":
            subnets = len(endpoint.subnet_ids or ()) or 1
            yield "vpc_endpoint_hours", Resource("ec2", endpoint.id), _epoch(endpoint.creation_timestamp), subnets


def _data_streams(clients: Clients) -> Iterator[tuple[str, Resource, float, float]]:
    """The same of Kinesis, which is asked like anybody."""
    kinesis = clients.client("kinesis")
    for page in kinesis.get_paginator("list_streams").paginate():
        for stream in page["StreamSummaries"]:
            resource, name = Resource("kinesis", stream["StreamName"]), stream["StreamName"]
            if stream["StreamModeDetails"]["StreamMode"] == billing.ON_DEMAND:
                yield "kinesis_on_demand_hours", resource, _epoch(stream["StreamCreationTimestamp"]), 1
                continue
            is_open = {"ShardFilter": {"Type": "AT_LATEST"}}
            for shards in kinesis.get_paginator("list_shards").paginate(StreamName=name, **is_open):
                for shard in shards["Shards"]:
                    start = sequence.read(shard["SequenceNumberRange"]["StartingSequenceNumber"])
                    yield "kinesis_shard_hours", resource, start.shard_created, 1


def _watched(clients: Clients) -> Iterator[tuple[str, Resource, float, float]]:
    """The same of CloudWatch, whose plane is asked like anybody's."""
    cloudwatch = clients.client("cloudwatch")
    for page in cloudwatch.get_paginator("describe_alarms").paginate():
        for alarm in page["MetricAlarms"]:
            metrics = sum("MetricStat" in query for query in alarm.get("Metrics", ())) or 1
            since = _epoch(alarm["AlarmConfigurationUpdatedTimestamp"])
            yield "cloudwatch_alarms", Resource("cloudwatch", alarm["AlarmName"]), since, metrics
    for dashboard in cloudwatch.list_dashboards()["DashboardEntries"]:
        name, since = dashboard["DashboardName"], _epoch(dashboard["LastModified"])
        yield "cloudwatch_dashboards", Resource("cloudwatch", f"dashboard/{name}"), since, 1


def _epoch(moment: object) -> float:
    """A time as moto's services keep it: seconds, a datetime in UTC with or without saying so, or its text."""
    if isinstance(moment, int | float):
        return float(moment)
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment)
    assert isinstance(moment, datetime)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
