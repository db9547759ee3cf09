"""CloudFormation of the local cloud: stacks of the resource types that the platform makes through it.

`plane` answers the requests, `stacks` makes, changes and ends each `stack`, `template` reads what is to be made,
`references` fills in its functions, `properties` checks a resource against the shapes of AWS, `quicksight_dashboard` is
the one resource type.
"""

from rapid.local.cloudformation.plane import CloudFormationPlane

__all__ = ["CloudFormationPlane"]
