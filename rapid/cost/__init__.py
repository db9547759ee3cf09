"""What the stack costs on AWS: the price file, and the model that says how much of each thing a load uses.

`prices` reads prices.yaml, `load` is what a user says of the events to come, `program` is what the Pulumi program would
make, `declared` prices what costs by being there, `model` what costs by being used, `estimate` puts them together.
"""
