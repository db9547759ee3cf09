"""A stack whose Athena is one without a socket, asked by the commands as they ask any."""

from collections.abc import Iterator
from typing import Any

from tests.unit.local.athena_rig import DATABASE, WORKGROUP, AthenaRig


class AthenaStack:
    """As much of a stack as asking Athena needs."""

    def __init__(self, rig: AthenaRig) -> None:
        self._rig = rig
        self.masked_outputs = {"workgroup": WORKGROUP, "database": DATABASE}

    def client(self, service: str) -> Any:
        """A boto3 client, or as much of Athena's as the commands use."""
        return _Athena(self._rig) if service == "athena" else self._rig.clients.client(service)


class _Athena:
    def __init__(self, rig: AthenaRig) -> None:
        self._rig = rig

    def start_query_execution(self, **wanted: Any) -> dict[str, Any]:
        return self._rig.call("StartQueryExecution", **wanted)

    def get_query_execution(self, **wanted: Any) -> dict[str, Any]:
        return self._rig.call("GetQueryExecution", **wanted)

    def get_paginator(self, _name: str) -> "_Athena":
        return self

    def paginate(self, **wanted: Any) -> Iterator[dict[str, Any]]:
        token: dict[str, str] = {}
        while True:
            page = self._rig.call("GetQueryResults", **wanted, **token)
            yield page
            if not page.get("NextToken"):
                return
            token = {"NextToken": page["NextToken"]}
