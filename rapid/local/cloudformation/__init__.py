"""CloudFormation of the local cloud: stacks of one QuickSight dashboard each, which is what the platform makes by it.

`plane` answers the requests, `template` reads what is to be made, `stacks` makes, changes and ends it, `dashboard` is
the one resource type.
"""

from rapid.local.cloudformation.plane import CloudFormationPlane

__all__ = ["CloudFormationPlane"]
