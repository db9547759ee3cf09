"""Who may send: what a contract says beside `authentication`, read and checked."""

from pathlib import Path

from .model import Authentication, ContractError, Delivery, Quota
from .source_properties import SourceProperties

DEFAULT_SIGNATURE_HEADER = "X-Hub-Signature-256"
"""GitHub's: https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries."""


def quota(file: Path, properties: SourceProperties) -> Quota | None:
    """What a key may send; nothing else is counted. Raises ContractError."""
    if properties.quota and properties.authentication is not Authentication.API_KEY:
        raise ContractError(
            file,
            "customProperties.quota",
            f"counts the requests of an API key; the contract has authentication: {properties.authentication.value}",
        )
    return properties.quota.value() if properties.quota else None


def signature_header(file: Path, properties: SourceProperties) -> str:
    """The header that holds the signature of a body; empty where none is asked for. Raises ContractError."""
    if properties.authentication is not Authentication.SIGNATURE:
        if properties.signature:
            asked = properties.authentication.value
            raise ContractError(
                file, "customProperties.signature", f"needs authentication: signature; the contract has {asked}"
            )
        return ""
    if properties.delivery is not Delivery.LAMBDA:
        raise ContractError(
            file,
            "customProperties.authentication",
            "signature needs delivery: lambda: a function checks it, since API Gateway by itself cannot",
        )
    return properties.signature.header if properties.signature else DEFAULT_SIGNATURE_HEADER


def ldap_groups(file: Path, properties: SourceProperties) -> tuple[str, ...]:
    """The groups that may send: those named, else the one that is called as the source. Raises ContractError."""
    if properties.authentication is Authentication.LDAP:
        return tuple(properties.ldap_groups or [file.stem])
    if properties.ldap_groups:
        asked = properties.authentication.value
        raise ContractError(
            file, "customProperties.ldapGroups", f"needs authentication: ldap; the contract has {asked}"
        )
    return ()
