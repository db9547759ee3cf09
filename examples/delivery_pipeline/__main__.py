"""A delivery stream that checks visits, and writes them into a lakehouse as Parquet."""

import pulumi

from components import DeliveryPipeline, read_contracts

(contract,) = read_contracts("../sources")
lakehouse = pulumi.Config().require_object("lakehouse")
pipeline = DeliveryPipeline("visits", {"contract": contract, "lakehouse": lakehouse})

pulumi.export("stream_arn", pipeline.stream_arn)
