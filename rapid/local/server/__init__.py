"""The HTTP endpoint of the local cloud: its port, and which part answers a request."""
