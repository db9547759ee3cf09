"""Parts of Amazon Resource Names: `arn:partition:service:region:account:resource`.

Regions and accounts are read from ARNs of our own resources rather than looked up, so that a preview needs no
credentials. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
"""

from collections.abc import Iterable

import pulumi


def region(arn: pulumi.Input[str]) -> pulumi.Output[str]:
    """The region in an ARN."""
    return pulumi.Output.from_input(arn).apply(lambda value: value.split(":")[3])


def account(arn: pulumi.Input[str]) -> pulumi.Output[str]:
    """The account in an ARN."""
    return pulumi.Output.from_input(arn).apply(lambda value: value.split(":")[4])


def resource_name(arn: pulumi.Input[str]) -> pulumi.Output[str]:
    """The name at the end of an ARN: of a bucket, of a database, of a delivery stream."""
    return pulumi.Output.from_input(arn).apply(lambda value: value.split(":")[-1].split("/")[-1])


def sibling(arn: pulumi.Input[str], resource: pulumi.Input[str]) -> pulumi.Output[str]:
    """The ARN of another resource of the same service, region and account."""
    prefix = pulumi.Output.from_input(arn).apply(lambda value: ":".join(value.split(":")[:5]))
    return pulumi.Output.concat(prefix, ":", resource)


def of_service(arn: pulumi.Input[str], service: str, resource: str) -> pulumi.Output[str]:
    """The ARN of a resource of another service in the same region and account."""

    def other(value: str) -> str:
        _, partition, _, region, account, *_ = value.split(":")
        return f"arn:{partition}:{service}:{region}:{account}:{resource}"

    return pulumi.Output.from_input(arn).apply(other)


def under(arn: pulumi.Input[str], path: pulumi.Input[str]) -> pulumi.Output[str]:
    """The ARN of what lies under a resource: the objects of a bucket, the streams of a log group."""
    return pulumi.Output.concat(arn, path)


def table(database_arn: pulumi.Input[str], name: str) -> pulumi.Output[str]:
    """The ARN of a table of a Glue database."""
    return sibling(database_arn, pulumi.Output.concat("table/", resource_name(database_arn), f"/{name}"))


def with_tables(database_arn: pulumi.Input[str], table_arns: Iterable[pulumi.Input[str]]) -> list[pulumi.Input[str]]:
    """What a right on tables is asked for on: their catalog and database too.

    https://docs.aws.amazon.com/glue/latest/dg/glue-specifying-resource-arns.html
    """
    return [sibling(database_arn, "catalog"), database_arn, *table_arns]


def service_action(arn: pulumi.Input[str], action: str) -> pulumi.Output[str]:
    """The URI by which API Gateway calls an action, such as `PutRecord`, of the service that an ARN belongs to.

    https://docs.aws.amazon.com/apigateway/latest/api/API_PutIntegration.html#apigw-PutIntegration-request-uri
    """

    def uri(value: str) -> str:
        _, partition, service, region, *_ = value.split(":")
        return f"arn:{partition}:apigateway:{region}:{service}:action/{action}"

    return pulumi.Output.from_input(arn).apply(uri)
