"""IAM of the local cloud: who sends a request, what it does to what, and whether policies allow it."""
