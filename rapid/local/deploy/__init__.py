"""The deployer of the local cloud: runs the unchanged Pulumi program, without the Pulumi CLI, onto the local endpoint.

`project` reads Pulumi.yaml and the stack's file, `program` runs the program, `monitor` answers what the Pulumi SDK
asks of its engine, `changes` and `ending` carry out what `steps` says that a resource needs. `resources` holds one row
a resource type in the words of `resource_type`; `operations` and `conversion` turn Pulumi properties into calls of AWS.
`deployment` is what came of it, `records` what the local cloud keeps of that.
"""
