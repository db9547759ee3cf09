"""Moving on: a second lake, fed from Kinesis data streams, side by side with the first."""
