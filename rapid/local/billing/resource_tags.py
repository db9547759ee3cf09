"""Which tags a resource has, for bills that are split by them."""

import sys
from collections.abc import Mapping

from moto.apigateway.models import apigateway_backends
from moto.core.resource_tagging import iter_taggable_backends

from ..clients import ACCOUNT_ID, Clients
from .meter import Resource


class ResourceTags:
    """Tags of the account's resources; those of what is gone are remembered from when they were last asked for."""

    def __init__(self, clients: Clients) -> None:
        self._clients, self._region = clients, clients.region
        self._known: dict[Resource, Mapping[str, str]] = {}

    def all(self) -> Mapping[Resource, Mapping[str, str]]:
        """Tags by resource, as they are now."""
        for backend in iter_taggable_backends(ACCOUNT_ID, self._region):
            for tagged in backend.iter_tagged_resources():
                self._known[_resource(tagged.arn)] = dict(tagged.tags)
        for api in apigateway_backends[ACCOUNT_ID][self._region].apis.values():
            self._known[Resource("apigateway", api.id)] = dict(api.tags or {})
        self._know_alarms()
        self._know_data_streams()
        self._know_distributions()
        self._know_web_acls()
        return self._known

    def _know_alarms(self) -> None:
        """CloudWatch's plane is asked like anybody's, and of each alarm once."""
        cloudwatch = self._clients.client("cloudwatch")
        for page in cloudwatch.get_paginator("describe_alarms").paginate():
            for alarm in page["MetricAlarms"]:
                resource = Resource("cloudwatch", alarm["AlarmName"])
                if resource not in self._known:
                    tags = cloudwatch.list_tags_for_resource(ResourceARN=alarm["AlarmArn"])["Tags"]
                    self._known[resource] = {tag["Key"]: tag["Value"] for tag in tags}

    def _know_data_streams(self) -> None:
        kinesis = self._clients.client("kinesis")
        for page in kinesis.get_paginator("list_streams").paginate():
            for found in page["StreamSummaries"]:
                tags = kinesis.list_tags_for_resource(ResourceARN=found["StreamARN"])["Tags"]
                resource = Resource("kinesis", found["StreamName"])
                self._known[resource] = {tag["Key"]: tag["Value"] for tag in tags}

    def _know_distributions(self) -> None:
        cloudfront = self._clients.client("cloudfront")
        for found in cloudfront.list_distributions()["DistributionList"].get("Items", []):
            tags = cloudfront.list_tags_for_resource(Resource=found["ARN"])["Tags"]["Items"]
            self._known[Resource("cloudfront", found["Id"])] = {tag["Key"]: tag["Value"] for tag in tags}

    def _know_web_acls(self) -> None:
        if "moto.wafv2.models" not in sys.modules:  # it takes long to import, and few stacks have a web ACL
            return
        waf = self._clients.client("wafv2")
        for found in waf.list_web_acls(Scope="REGIONAL")["WebACLs"]:
            tags = waf.list_tags_for_resource(ResourceARN=found["ARN"])["TagInfoForResource"]["TagList"]
            self._known[Resource("wafv2", found["Id"])] = {tag["Key"]: tag["Value"] for tag in tags}


def _resource(arn: str) -> Resource:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html; the names of log groups have slashes."""
    service, named = arn.split(":")[2], arn.split(":", 5)[5]
    if service == "logs":
        return Resource(service, named.removeprefix("log-group:").removesuffix(":*"))
    if service == "secretsmanager":
        # Six characters that AWS adds are not of the name.
        return Resource(service, named.removeprefix("secret:").rpartition("-")[0])
    return Resource(service, named.replace(":", "/").rpartition("/")[2])
