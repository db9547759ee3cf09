"""Functions, and who may invoke them."""

from .resource import Resource
from .rule import Faults, rule, rules_of

FUNCTION = "aws:lambda/function:Function"
PERMISSION = "aws:lambda/permission:Permission"

SUPPORTED_RUNTIMES = ("python3.11", "python3.12", "python3.13", "python3.14")
"""Runtimes with Python that get security updates, the newest last
(https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html)."""


@rule(
    "Lambda.2",
    types=[FUNCTION],
    title="A function's runtime gets security updates",
    fix="choose one of " + ", ".join(SUPPORTED_RUNTIMES),
)
def function_runtime_is_supported(resource: Resource) -> Faults:
    runtime = resource.get("runtime")
    if runtime not in SUPPORTED_RUNTIMES:
        yield "", f"its runtime is {runtime}"


@rule(
    "AwsSolutions-L1",
    types=[FUNCTION],
    title="A function's runtime is the newest",
    fix=f"choose {SUPPORTED_RUNTIMES[-1]}",
)
def function_runtime_is_newest(resource: Resource) -> Faults:
    runtime = resource.get("runtime")
    if runtime != SUPPORTED_RUNTIMES[-1]:
        yield "", f"its runtime is {runtime}"


@rule(
    "Lambda.5",
    types=[FUNCTION],
    title="A function in a network has subnets in two zones",
    fix="name two subnets in different availability zones",
)
def function_has_two_subnets(resource: Resource) -> Faults:
    network = resource.get("vpcConfig") or {}
    if network and len(network.get("subnetIds") or ()) < 2:
        yield "", "it has fewer than two subnets"


@rule(
    "https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-loggroups.html",
    types=[FUNCTION],
    title="A function writes to a log group of the program, which forgets",
    fix="make the function a LambdaFunction",
)
def function_has_log_group(resource: Resource) -> Faults:
    if not resource.get("loggingConfig", "logGroup"):
        yield "", "Lambda would make it a log group that keeps everything for ever"


@rule(
    "Lambda.1",
    types=[PERMISSION],
    title="A function is invoked by one service, for one source",
    fix="name the service as principal, and its resource as source_arn",
)
def permission_names_its_source(resource: Resource) -> Faults:
    principal = resource.get("principal")
    if not str(principal).endswith(".amazonaws.com"):
        yield "", f"it lets {principal} invoke a function"
    elif not resource.get("sourceArn") and not resource.get("sourceAccount"):
        yield "", f"it lets {principal} invoke a function for whomever it acts"


RULES = rules_of(globals())
