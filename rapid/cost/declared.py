"""What costs by being there: a row a resource type, so that no resource of the program is forgotten.

A type that is in neither table makes `unpriced`, and a test asks for its row.
"""

from collections.abc import Callable, Sequence

from .prices import HOURS_A_MONTH
from .program import Resource
from .stack import interface_endpoints


def _one(_resource: Resource) -> float:
    return 1


def _alarm_metrics(resource: Resource) -> float:
    """An alarm on an expression looks at several metrics, and each is billed."""
    queries = resource.inputs.get("metricQueries") or ()
    return max(1, sum(1 for query in queries if "metric" in query))


def _on_demand(resource: Resource) -> int:
    mode = (resource.inputs.get("streamModeDetails") or {}).get("streamMode")
    return int(mode == "ON_DEMAND")


def _shards(resource: Resource) -> int:
    return 0 if _on_demand(resource) else int(resource.inputs.get("shardCount") or 0)


_PRICED: Sequence[tuple[str, str, Callable[[Resource], float]]] = (
    ("aws:budgets/budget:Budget", "budgets", _one),
    ("aws:cloudwatch/dashboard:Dashboard", "cloudwatch_dashboards", _one),
    ("aws:cloudwatch/metricAlarm:MetricAlarm", "cloudwatch_alarms", _alarm_metrics),
    ("aws:ec2/eip:Eip", "public_ipv4_hours", lambda _resource: HOURS_A_MONTH),
    ("aws:ec2/natGateway:NatGateway", "nat_gateway_hours", lambda _resource: HOURS_A_MONTH),
    (
        "aws:ec2/vpcEndpoint:VpcEndpoint",
        "vpc_endpoint_hours",
        lambda resource: interface_endpoints(resource) * HOURS_A_MONTH,
    ),
    ("aws:glue/catalogDatabase:CatalogDatabase", "glue_catalog_objects", _one),
    ("aws:glue/catalogTable:CatalogTable", "glue_catalog_objects", _one),
    ("aws:kinesis/stream:Stream", "kinesis_shard_hours", lambda resource: _shards(resource) * HOURS_A_MONTH),
    ("aws:kinesis/stream:Stream", "kinesis_on_demand_hours", lambda resource: _on_demand(resource) * HOURS_A_MONTH),
    ("aws:kms/key:Key", "kms_keys", _one),
    ("aws:secretsmanager/secret:Secret", "secrets", _one),
    ("aws:wafv2/webAcl:WebAcl", "waf_web_acls", _one),
    ("aws:wafv2/webAcl:WebAcl", "waf_rules", lambda resource: len(resource.inputs.get("rules") or ())),
)
"""Resource types with each of their prices, and how much of it a resource takes in a month."""

_FREE = frozenset(
    {
        "aws:apigateway/account:Account",
        "aws:apigateway/apiKey:ApiKey",
        "aws:apigateway/deployment:Deployment",
        "aws:apigateway/methodSettings:MethodSettings",
        "aws:apigateway/restApi:RestApi",
        "aws:apigateway/stage:Stage",
        "aws:apigateway/usagePlan:UsagePlan",
        "aws:apigateway/usagePlanKey:UsagePlanKey",
        "aws:athena/namedQuery:NamedQuery",
        "aws:athena/workgroup:Workgroup",
        "aws:cloudformation/stack:Stack",
        "aws:cloudfront/distribution:Distribution",
        "aws:cloudfront/originAccessControl:OriginAccessControl",
        "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy",
        "aws:cloudwatch/eventRule:EventRule",
        "aws:cloudwatch/eventTarget:EventTarget",
        "aws:cloudwatch/logGroup:LogGroup",
        "aws:cloudwatch/logMetricFilter:LogMetricFilter",
        "aws:cloudwatch/logStream:LogStream",
        "aws:cognito/identityPool:IdentityPool",
        "aws:cognito/identityPoolRoleAttachment:IdentityPoolRoleAttachment",
        "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
        "aws:ec2/flowLog:FlowLog",
        "aws:ec2/internetGateway:InternetGateway",
        "aws:ec2/route:Route",
        "aws:ec2/routeTable:RouteTable",
        "aws:ec2/routeTableAssociation:RouteTableAssociation",
        "aws:ec2/securityGroup:SecurityGroup",
        "aws:ec2/subnet:Subnet",
        "aws:ec2/vpc:Vpc",
        "aws:ec2/vpcEndpointRouteTableAssociation:VpcEndpointRouteTableAssociation",
        "aws:efs/accessPoint:AccessPoint",
        "aws:efs/backupPolicy:BackupPolicy",
        "aws:efs/fileSystem:FileSystem",
        "aws:efs/fileSystemPolicy:FileSystemPolicy",
        "aws:efs/mountTarget:MountTarget",
        "aws:glue/connection:Connection",
        "aws:glue/job:Job",
        "aws:iam/role:Role",
        "aws:iam/rolePolicy:RolePolicy",
        "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream",
        "aws:kms/alias:Alias",
        "aws:lambda/function:Function",
        "aws:lambda/invocation:Invocation",
        "aws:lambda/permission:Permission",
        "aws:quicksight/dataSet:DataSet",
        "aws:quicksight/dataSource:DataSource",
        "aws:quicksight/group:Group",
        "aws:quicksight/refreshSchedule:RefreshSchedule",
        "aws:quicksight/theme:Theme",
        "aws:s3/bucket:Bucket",
        "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
        "aws:s3/bucketLogging:BucketLogging",
        "aws:s3/bucketNotification:BucketNotification",
        "aws:s3/bucketObjectv2:BucketObjectv2",
        "aws:s3/bucketPolicy:BucketPolicy",
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        "aws:s3/bucketVersioning:BucketVersioning",
        "aws:scheduler/schedule:Schedule",
        "aws:scheduler/scheduleGroup:ScheduleGroup",
        "aws:sns/topic:Topic",
        "aws:sns/topicPolicy:TopicPolicy",
        "aws:sns/topicSubscription:TopicSubscription",
        "aws:sqs/queue:Queue",
        "aws:sqs/queuePolicy:QueuePolicy",
        "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
        "aws:wafv2/webAclAssociation:WebAclAssociation",
    }
)
"""Resource types that cost nothing by being there; what is done with them may: model.py."""


def quantities(resources: Sequence[Resource]) -> dict[str, float]:
    """How much of which price, by its name, the resources take in a month, used or not."""
    found: dict[str, float] = {}
    for resource in resources:
        for type_, price_id, quantity_of in _PRICED:
            if type_ == resource.type:
                found[price_id] = found.get(price_id, 0.0) + quantity_of(resource)
    return found


def unpriced(resources: Sequence[Resource]) -> list[str]:
    """Types of resources of which nobody has said what they cost."""
    priced = {type_ for type_, _, _ in _PRICED}
    return sorted({resource.type for resource in resources} - priced - _FREE)
