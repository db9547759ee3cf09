"""`rapid teardown`: a stack and what it left behind, deleted in an order in which nothing accepted is lost unawares.

`state` says what a stack is made of and destroys it, through the Pulumi CLI on AWS, through the deployer on a local
cloud. `keys` says whether its data may go, `holdings` how much it is, `streams` and `jobs` wait for what is under way,
`buckets` empties, `leftovers` looks at what is left in the end, and `command` is the order of it all.
"""
