"""A directory of FreeIPA's shape on this machine: OpenLDAP's slapd with TLS and sample users."""

from .people import SAMPLE_PEOPLE, Person
from .slapd import Slapd, SlapdError

__all__ = ["SAMPLE_PEOPLE", "Person", "Slapd", "SlapdError"]
