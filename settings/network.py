"""The keys of the network that functions and jobs run inside of, and those of the directory."""

import re
from collections.abc import Callable
from enum import Enum

from components.ingest.ldap_authorizer import LdapDirectory
from components.network.network import NetworkIds

from . import values
from .reader import missing, read, unusable

KEYS = (
    "availability_zones",
    "efs_file_system_id",
    "efs_security_group_id",
    "ldap_base_dn",
    "ldap_ca_certificate",
    "ldap_url",
    "network",
    "private_subnet_ids",
    "vpc_id",
)
"""Every key that is read here."""

_OF_EXISTING = ("vpc_id", "private_subnet_ids", "efs_file_system_id", "efs_security_group_id")
_ID = {"vpc_id": "vpc", "private_subnet_ids": "subnet", "efs_file_system_id": "fs", "efs_security_group_id": "sg"}
_ZONE = re.compile(r"[a-z]{2}(-[a-z]+)+-\d[a-z]")


class NetworkChoice(Enum):
    """What functions and jobs run inside of."""

    NONE = "none"
    """AWS's own network."""
    CREATE = "create"
    """A VPC that the stack makes."""
    EXISTING = "existing"
    """A VPC that exists."""


def directory() -> LdapDirectory | None:
    """The directory that says who may send. Raises SettingsError for half of one."""
    url, base_dn = read("ldap_url", None, values.ldap_url), read("ldap_base_dn", None, values.base_dn)
    ca_certificate = read("ldap_ca_certificate", None, values.certificate)
    if url and base_dn:
        return LdapDirectory(url, base_dn, ca_certificate)
    if url or base_dn or ca_certificate:
        raise missing("ldap_base_dn" if url else "ldap_url", "a directory")
    return None


def network() -> NetworkIds | None:
    """What of the network exists; None where there is none. Raises SettingsError for keys that do not go together."""
    choice = read("network", NetworkChoice.NONE, values.choice(NetworkChoice))
    nothing: tuple[str, ...] = ()
    ids = {key: read(key, nothing, _ids(key)) for key in _OF_EXISTING}
    zones = read("availability_zones", nothing, _zones)
    given = [key for key, found in {**ids, "availability_zones": zones}.items() if found]
    if choice is NetworkChoice.NONE and given:
        raise unusable(given[0], "network is none; set it to existing, or to create")
    if choice is NetworkChoice.CREATE and (own := [key for key in given if key in _OF_EXISTING]):
        raise unusable(own[0], "network is create, which makes it; set network to existing")
    if choice is NetworkChoice.CREATE and len(zones) not in (0, 2):
        raise unusable("availability_zones", f"network is create, which takes two zones, not {len(zones)}")
    if choice is NetworkChoice.NONE:
        return None
    if choice is NetworkChoice.EXISTING:
        for key in ("vpc_id", "private_subnet_ids", "availability_zones"):
            if key not in given:
                raise missing(key, "network: existing")
        if len(zones) != len(ids["private_subnet_ids"]):
            raise unusable(
                "availability_zones",
                f"there are {len(zones)} zones and {len(ids['private_subnet_ids'])} private_subnet_ids; "
                "name the zone of each subnet, in the same order",
            )
        for key, other in (
            ("efs_file_system_id", "efs_security_group_id"),
            ("efs_security_group_id", "efs_file_system_id"),
        ):
            if key in given and other not in given:
                raise missing(other, key)
    one = {key: next(iter(found), None) for key, found in ids.items()}
    return NetworkIds(
        one["vpc_id"], ids["private_subnet_ids"], zones, one["efs_file_system_id"], one["efs_security_group_id"]
    )


def _ids(key: str) -> Callable[[str], tuple[str, ...]]:
    prefix, several = _ID[key], key.endswith("s")
    pattern = re.compile(rf"{prefix}-[0-9a-f]{{8,17}}")

    def parse(text: str) -> tuple[str, ...]:
        found = tuple(part.strip() for part in text.split(","))
        if len(set(found)) != len(found) or not all(map(pattern.fullmatch, found)) or (len(found) > 1 and not several):
            what = "ids with commas between, each once, " if several else "one id, "
            raise ValueError(f"must be {what}such as {prefix}-0123456789abcdef0")
        return found

    return parse


def _zones(text: str) -> tuple[str, ...]:
    found = tuple(part.strip() for part in text.split(","))
    if len(set(found)) != len(found) or not all(map(_ZONE.fullmatch, found)):
        raise ValueError("must be availability zones with commas between, each once, such as us-east-1a,us-east-1b")
    return found
