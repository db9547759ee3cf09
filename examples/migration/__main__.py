"""A streaming lake of visits: a Kinesis data stream, the lake that it feeds, and what a Flink application needs."""

import pulumi

from components import Migration, read_contracts

plan = {"contracts": read_contracts("../sources"), "database_name": "visits"}
migration = Migration("visits", plan)

pulumi.export("data_streams", migration.streams)
pulumi.export("flink", migration.flink)
