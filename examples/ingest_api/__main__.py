"""An HTTPS endpoint that takes visits, checks them, and puts them onto a delivery stream."""

import pulumi

from components import IngestApi, read_contracts

stream_arn = pulumi.Config().require("stream_arn")
api = IngestApi("visits", {"contracts": read_contracts("../sources"), "stream_arns": {"visits": stream_arn}})

for name, value in api.outputs.items():
    pulumi.export(name, value)
