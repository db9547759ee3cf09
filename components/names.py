"""What a stack is called in CloudWatch, so that no two stacks of an account meet there."""

import pulumi

NAMESPACE = "RapidAnalytics"
"""CloudWatch namespace of the metrics that functions and jobs write into their logs."""
STACK_DIMENSION = "Stack"
"""Their dimension."""


def stack() -> str:
    """The value of STACK_DIMENSION for the program's stack, as its tag has it: `<project>/<stack>`."""
    return f"{pulumi.get_project()}/{pulumi.get_stack()}"


def prefix() -> str:
    """First part of the names of alarms and dashboards, which an account and region have once."""
    return f"{pulumi.get_project()}-{pulumi.get_stack()}"
