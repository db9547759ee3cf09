"""A certificate authority that lives as long as the directory, and the directory's certificate."""

from collections.abc import Sequence
from dataclasses import dataclass

import trustme


@dataclass(frozen=True)
class Certificates:
    """All in PEM."""

    authority: str
    server: str
    server_key: str


def issue(names: Sequence[str]) -> Certificates:
    """A new authority, and its certificate for a server of these host names and addresses."""
    authority = trustme.CA(organization_name="Sample directory")
    server = authority.issue_cert(*names)
    (certificate,) = server.cert_chain_pems
    return Certificates(
        authority.cert_pem.bytes().decode(), certificate.bytes().decode(), server.private_key_pem.bytes().decode()
    )
