"""What a stack is called, so that no two stacks of an account meet."""

import pulumi

NAMESPACE = "RapidAnalytics"
"""CloudWatch namespace of the metrics that functions and jobs write into their logs."""
STACK_DIMENSION = "Stack"
"""Their dimension."""


def stack() -> str:
    """The value of STACK_DIMENSION for the program's stack, as its tag has it: `<project>/<stack>`."""
    return f"{pulumi.get_project()}/{pulumi.get_stack()}"


def prefix() -> str:
    """First part of the names of what an account and region have once, such as alarms and dashboards."""
    return f"{pulumi.get_project()}-{pulumi.get_stack()}"
