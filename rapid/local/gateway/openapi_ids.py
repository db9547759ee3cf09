"""Ids of what a document defines."""

import hashlib


def resource_id(path: str) -> str:
    """An id of a resource, the same for the same path."""
    return hashlib.sha256(path.encode()).hexdigest()[:10]


def authorizer_id(name: str) -> str:
    """An id of an authorizer, the same for the same security scheme."""
    return hashlib.sha256(name.encode()).hexdigest()[:6]
