"""The API that takes events, and who may use it."""
