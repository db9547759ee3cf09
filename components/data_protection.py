"""How safe a stack's data is from its own teardown."""

from enum import Enum


class DataProtection(Enum):
    """What happens to the data when a stack, or a part of it, is destroyed."""

    PROTECT = "protect"
    """Buckets that hold data cannot be destroyed, and stay in AWS even when they leave the program."""
    DESTROY = "destroy"
    """Buckets are emptied and destroyed with the stack."""
