"""Asks an LDAP directory of FreeIPA's shape who someone is: by a bind as themselves; no account of ours is needed.

What users may read of themselves by FreeIPA's default permissions:
https://github.com/freeipa/freeipa/blob/master/ipaserver/plugins/user.py. That it lets users bind with an expired
password: https://github.com/freeipa/freeipa/blob/master/doc/designs/ldap_grace_period.md
"""

import datetime
import ssl
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import ldap3
import password_policy
from basic import Login
from ldap3.protocol.controls import build_control
from ldap3.utils.dn import escape_rdn, parse_dn

CONNECT_SECONDS = 2
RECEIVE_SECONDS = 3
DEFAULT_PORT = 636

_NO_ENTRY = 32
# https://www.rfc-editor.org/rfc/rfc4511#appendix-A.2: what a server answers whose name, password or account it does not
# take; 389 Directory Server answers 19 past its retries and 53 for an account that is locked.
_NOT_TAKEN = {
    19: "constraint violation",
    _NO_ENTRY: "no such object",
    34: "invalid DN syntax",
    48: "inappropriate authentication",
    49: "invalid credentials",
    53: "unwilling to perform",
}
_SUCCESS = 0
_ATTRIBUTES = ("memberOf", "nsAccountLock", "krbPasswordExpiration", "krbPrincipalExpiration")


class NotAuthenticatedError(Exception):
    """The directory does not take the login; the message says why, without naming anyone."""


class UnavailableError(Exception):
    """The directory could not be asked; the message says why, without naming anyone."""


class _Tls(ldap3.Tls):  # type: ignore[misc]  # ldap3 has no types
    """TLS by Python's own checks: of chain, host name and version."""

    def __init__(self, ca_certificate: str | None) -> None:
        super().__init__(validate=ssl.CERT_REQUIRED)
        self._context = ssl.create_default_context(cadata=ca_certificate or None)

    def wrap_socket(self, connection: Any, do_handshake: bool = False) -> None:
        """Begin TLS on a connection, handshake included."""
        connection.socket = self._context.wrap_socket(connection.socket, server_hostname=connection.server.host)


class Directory:
    """A directory at an `ldaps://` address."""

    def __init__(
        self,
        url: str,
        base_dn: str,
        ca_certificate: str | None,
        now: Callable[[], datetime.datetime] = lambda: datetime.datetime.now(datetime.UTC),
    ) -> None:
        """`ca_certificate` in PEM is what the server's certificate is checked against; None: the system's."""
        address = urlsplit(url)
        if address.scheme != "ldaps":
            raise ValueError("the directory's address must begin with ldaps://")
        self._host, self._port = address.hostname, address.port or DEFAULT_PORT
        self._base_dn = base_dn
        self._tls = _Tls(ca_certificate)
        self._now = now

    def groups(self, login: Login) -> frozenset[str]:
        """The groups that a user is in, directly or not, in small letters.

        Raises NotAuthenticatedError, UnavailableError.
        """
        try:
            return self._groups(login)
        except (NotAuthenticatedError, UnavailableError):
            raise
        except Exception as error:
            # Of an answer that it cannot read the library raises anything. The error's text may hold the user's name.
            raise UnavailableError(type(error).__name__) from None

    def _groups(self, login: Login) -> frozenset[str]:
        dn = f"uid={escape_rdn(login.user)},cn=users,cn=accounts,{self._base_dn}"
        server = ldap3.Server(
            self._host,
            port=self._port,
            use_ssl=True,
            tls=self._tls,
            get_info=ldap3.NONE,
            connect_timeout=CONNECT_SECONDS,
        )
        connection = ldap3.Connection(
            server,
            user=dn,
            # Bytes, so that the library prepares nothing: a password is what was sent.
            password=login.password.encode(),
            authentication=ldap3.SIMPLE,
            read_only=True,
            check_names=False,
            auto_referrals=False,
            receive_timeout=RECEIVE_SECONDS,
        )
        try:
            connection.open(read_server_info=False)
            self._bind(connection)
            return self._read(connection, dn)
        finally:
            connection.strategy.close()

    def _bind(self, connection: Any) -> None:
        asked = build_control(password_policy.REQUEST_CONTROL, False, None, encode_control_value=False)
        connection.bind(read_server_info=False, controls=[asked])
        code, controls = connection.result["result"], connection.result.get("controls") or {}
        reason = password_policy.refusal(controls)
        if code in _NOT_TAKEN:
            raise NotAuthenticatedError(reason or _NOT_TAKEN[code])
        if code != _SUCCESS:
            raise UnavailableError(f"result {code} of the bind")
        if reason:
            raise NotAuthenticatedError(reason)

    def _read(self, connection: Any, dn: str) -> frozenset[str]:
        connection.search(
            dn, "(objectClass=*)", search_scope=ldap3.BASE, attributes=list(_ATTRIBUTES), time_limit=RECEIVE_SECONDS
        )
        code = connection.result["result"]
        if code not in (_SUCCESS, _NO_ENTRY):
            raise UnavailableError(f"result {code} of the search")
        entries = [entry for entry in connection.response or () if entry["type"] == "searchResEntry"]
        if not entries:
            # Who may not read their own entry is in no group that counts.
            return frozenset()
        values = {name.lower(): found for name, found in entries[0]["raw_attributes"].items()}
        self._check_account(values)
        names = (self._group(value.decode()) for value in values.get("memberof", ()))
        return frozenset(name for name in names if name)

    def _check_account(self, values: Mapping[str, list[bytes]]) -> None:
        if any(value.upper() == b"TRUE" for value in values.get("nsaccountlock", ())):
            raise NotAuthenticatedError("account locked")
        for attribute, reason in (
            ("krbprincipalexpiration", "account expired"),
            ("krbpasswordexpiration", "password expired"),
        ):
            if any(_moment(value) <= self._now() for value in values.get(attribute, ())):
                raise NotAuthenticatedError(reason)

    def _group(self, dn: str) -> str | None:
        """The name of a group among FreeIPA's user groups; None for whatever else one can be a member of."""
        (attribute, name, _), *rest = parse_dn(dn)
        place = parse_dn(f"cn=groups,cn=accounts,{self._base_dn}")
        if attribute.lower() != "cn" or _plain(rest) != _plain(place):
            return None
        return str(name).lower()


def _plain(parts: list[tuple[str, str, str]]) -> list[tuple[str, str]]:
    return [(attribute.lower(), value.lower()) for attribute, value, _ in parts]


def _moment(value: bytes) -> datetime.datetime:
    """A time as FreeIPA writes it, such as 20261231235959Z. Raises UnavailableError for what is none."""
    try:
        return datetime.datetime.strptime(value.decode(), "%Y%m%d%H%M%SZ").replace(tzinfo=datetime.UTC)
    except ValueError:
        raise UnavailableError("a time that cannot be read") from None
