"""What the tests of exports share: contracts of tables, and how to reach a server."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

import contracts
from contracts import exports
from etl.exports import plan, secret
from etl.exports.plan import Plan
from etl.exports.secret import Connection
from tests.database_servers import Server

BUCKET = "files"


def document(server: Server, fields: dict[str, str], key: tuple[str, ...], **database: Any) -> dict[str, Any]:
    """A contract by the types of its fields: the standard's words, or decimal(p,s)."""
    table = {"connection": "shop", "engine": server.engine, "table": "sales", **database}
    properties = [_property(name, words, name in key) for name, words in fields.items()]
    return {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": "sales",
        "version": "1.0.0",
        "status": "active",
        "schema": [{"name": "sales", "logicalType": "object", "properties": properties}],
        "slaProperties": [{"property": "retention", "value": 365, "unit": "d"}],
        "customProperties": [{"property": "delivery", "value": "files"}, {"property": "database", "value": table}],
    }


def _property(name: str, words: str, key: bool) -> dict[str, Any]:
    number = {"logicalType": "number", "physicalType": words}
    kind = number if words.startswith("decimal") else {"logicalType": words}
    required = {"required": True} if key or name in ("changed_at", "clock") else {}
    return {"name": name, **kind, **required, **({"primaryKey": True} if key else {})}


@dataclass(frozen=True)
class Compiler:
    """Makes contracts of tables."""

    folder: Path

    def contract(self, server: Server, fields: dict[str, str], key: tuple[str, ...], **database: Any) -> Any:
        """The contract of a table."""
        file = self.folder / "sales.yaml"
        file.write_text(yaml.safe_dump(document(server, fields, key, **database)))
        return contracts.load(file)

    def plan(self, server: Server, fields: dict[str, str], key: tuple[str, ...] = ("id",), **database: Any) -> Plan:
        """What the export of such a contract knows."""
        contract = self.contract(server, fields, key, **database)
        (found,) = plan.parse(json.dumps([exports.document(contract, contract.database)]))
        return found


class Secrets:
    """Secrets Manager with one secret."""

    def __init__(self, value: Any) -> None:
        self._value = value

    def get_secret_value(self, SecretId: str) -> dict[str, str]:
        return {"SecretString": self._value if isinstance(self._value, str) else json.dumps(self._value)}


def connection_of(server: Server, **changes: Any) -> Connection:
    return secret.read(Secrets(server.secret(**changes)), "the-secret", server.engine)
