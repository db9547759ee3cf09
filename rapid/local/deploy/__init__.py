"""The deployer of the local cloud: runs the unchanged Pulumi program, without the Pulumi CLI, onto the local endpoint.

`project` reads Pulumi.yaml and the stack's file, `program` runs the program, `monitor` answers what the Pulumi SDK
asks of its engine, `resources` holds one row a resource type, `conversion` turns Pulumi properties into the parameters
of AWS operations, and `deployment` is what came of it.
"""
