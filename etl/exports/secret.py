"""Where a database is and who asks it: the JSON of a secret, in the form that Secrets Manager gives databases.

https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_secret_json_structure.html
"""

import json
import ssl
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from etl.exports.errors import ExportError

_PORTS = {"postgresql": 5432, "mysql": 3306}
_ENGINES = {
    "postgresql": ("postgres", "postgresql", "aurora-postgresql"),
    "mysql": ("mysql", "mariadb", "aurora-mysql"),
}
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Connection:
    """How to reach a database."""

    host: str
    port: int
    database: str
    user: str
    password: str = field(repr=False)
    ca: str | None
    """Certificates that vouch for the server, PEM; None: those that the system trusts."""

    @property
    def encrypted(self) -> bool:
        """Whether TLS is asked for: always, but for this machine's own database where no certificate is named."""
        return self.ca is not None or self.host not in _LOOPBACK

    def without_password(self, text: object) -> str:
        """A message with the password struck out, should it be in it."""
        return str(text).replace(self.password, "***")


def read(secrets: Any, arn: str, engine: str) -> Connection:
    """Read a secret. Raises ExportError naming the secret and what is wrong with it, never its content."""
    try:
        answer = secrets.get_secret_value(SecretId=arn)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code == "ResourceNotFoundException":
            raise ExportError(
                f"secret {arn}: has no value yet; put one: aws secretsmanager put-secret-value --secret-id {arn} "
                "--secret-string file://connection.json (docs/databases.md says what stands in it)"
            ) from None
        raise ExportError(f"secret {arn}: {error.response['Error'].get('Message') or code}") from None
    try:
        values = json.loads(answer.get("SecretString") or "")
    except ValueError:
        raise ExportError(f"secret {arn}: is not JSON; {_SHAPE}") from None
    if not isinstance(values, dict):
        raise ExportError(f"secret {arn}: is not a JSON object; {_SHAPE}")
    return _connection(arn, engine, values)


_SHAPE = (
    'it must be {"engine", "host", "port", "dbname", "username", "password", "ca"}; engine, port and ca may be left out'
)


def _connection(arn: str, engine: str, values: dict[str, Any]) -> Connection:
    for name in ("host", "dbname", "username", "password"):
        if not isinstance(values.get(name), str) or not values[name] or "\0" in values[name]:
            raise ExportError(f"secret {arn}: {name} is missing or no text; {_SHAPE}")
    if values.get("engine") not in (None, *_ENGINES[engine]):
        raise ExportError(
            f"secret {arn}: its engine is {values['engine']!r}, and the contract says {engine}; correct one of them"
        )
    port = values.get("port", _PORTS[engine])
    if isinstance(port, str) and port.isdigit():
        port = int(port)
    if type(port) is not int or not 1 <= port <= 65535:
        raise ExportError(f"secret {arn}: port must be a number from 1 to 65535")
    return Connection(
        host=values["host"],
        port=port,
        database=values["dbname"],
        user=values["username"],
        password=values["password"],
        ca=_certificates(arn, values.get("ca")),
    )


def _certificates(arn: str, ca: Any) -> str | None:
    if ca is None:
        return None
    try:
        if not ssl.create_default_context(cadata=ca).get_ca_certs():
            raise ValueError
    except (TypeError, ValueError, ssl.SSLError):
        raise ExportError(
            f"secret {arn}: ca must be certificates of authorities in PEM, -----BEGIN CERTIFICATE----- and so on"
        ) from None
    return str(ca)
