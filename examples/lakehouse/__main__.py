"""Where visits of a web site are kept, and SQL over them: buckets, tables, views, saved queries, a workgroup."""

import pulumi

from components import Lakehouse, read_contracts

lakehouse = Lakehouse("visits", {"contracts": read_contracts("../sources")})

pulumi.export("lakehouse", lakehouse.arns)
for name, value in lakehouse.outputs.items():
    pulumi.export(name, value)
