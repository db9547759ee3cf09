"""The schedules and their groups, as the API of EventBridge Scheduler has them.

https://docs.aws.amazon.com/scheduler/latest/APIReference/Welcome.html
"""

import threading
from collections.abc import Mapping
from typing import Any

from ..clients import ACCOUNT_ID
from ..service_error import ServiceError

DEFAULT_GROUP = "default"
Document = dict[str, Any]


class Schedules:
    """Keeps documents; each change is atomic."""

    def __init__(self, region: str) -> None:
        self._prefix = f"arn:aws:scheduler:{region}:{ACCOUNT_ID}"
        self._groups: dict[str, Document] = {}
        self._schedules: dict[tuple[str, str], Document] = {}
        # By ARN: with which token and content it was made.
        self._requests: dict[str, tuple[str, Mapping[str, Any]]] = {}
        self._tags: dict[str, dict[str, str]] = {}
        self._lock = threading.RLock()

    def arn(self, group: str, name: str) -> str:
        """The ARN of a schedule."""
        return f"{self._prefix}:schedule/{group}/{name}"

    def create(self, document: Document, token: str | None, asked: Mapping[str, Any]) -> bool:
        """Take a schedule in; False if it is there by the same request, sent again. Raises ServiceError."""
        with self._lock:
            self.check_group(document["GroupName"])
            key, arn = (document["GroupName"], document["Name"]), document["Arn"]
            if key in self._schedules:
                if token and self._requests.get(arn) == (token, asked):
                    return False
                raise _conflict(f"Schedule {document['Name']} already exists.")
            self._schedules[key] = document
            self._requests[arn] = (token or "", asked)
            return True

    def replace(self, document: Document) -> None:
        """Change a schedule as a whole."""
        with self._lock:
            self._schedules[document["GroupName"], document["Name"]] = document

    def find(self, group: str, name: str) -> Document:
        """A schedule. Raises ServiceError if there is none."""
        with self._lock:
            self.check_group(group)
            found = self._schedules.get((group, name))
        if found is None:
            raise _missing(f"Schedule {name} does not exist.")
        return found

    def delete(self, group: str, name: str) -> Document:
        """Forget a schedule; what it was. Raises ServiceError if there is none."""
        with self._lock:
            found = self.find(group, name)
            del self._schedules[group, name]
            self._requests.pop(found["Arn"], None)
            return found

    def all(self) -> list[Document]:
        """All schedules by name."""
        with self._lock:
            return [self._schedules[key] for key in sorted(self._schedules)]

    def create_group(self, name: str, now: float, tags: Mapping[str, str]) -> str:
        """A new group; its ARN. Raises ServiceError."""
        with self._lock:
            if name == DEFAULT_GROUP or name in self._groups:
                raise _conflict(f"Schedule group {name} already exists.")
            arn = f"{self._prefix}:schedule-group/{name}"
            dates = {"CreationDate": now, "LastModificationDate": now}
            self._groups[name] = {"Arn": arn, "Name": name, "State": "ACTIVE", **dates}
            self._tags[arn] = dict(tags)
            return arn

    def group(self, name: str) -> Document:
        """A group. Raises ServiceError if there is none."""
        if name == DEFAULT_GROUP:
            return {"Arn": f"{self._prefix}:schedule-group/{name}", "Name": name, "State": "ACTIVE"}
        self.check_group(name)
        return self._groups[name]

    def groups(self) -> list[Document]:
        """All groups, the default one first."""
        with self._lock:
            return [self.group(DEFAULT_GROUP), *(self._groups[name] for name in sorted(self._groups))]

    def delete_group(self, name: str) -> list[Document]:
        """Forget a group and its schedules; those. Raises ServiceError if there is none."""
        if name == DEFAULT_GROUP:
            raise ServiceError("ValidationException", "The default schedule group cannot be deleted.")
        with self._lock:
            self.check_group(name)
            self._tags.pop(self._groups.pop(name)["Arn"], None)
            gone = [document for document in self.all() if document["GroupName"] == name]
            for document in gone:
                del self._schedules[name, document["Name"]]
                self._requests.pop(document["Arn"], None)
            return gone

    def check_group(self, name: str) -> None:
        """Raises ServiceError if there is no such group."""
        if name != DEFAULT_GROUP and name not in self._groups:
            raise _missing(f"Schedule group {name} does not exist.")

    def tags(self, arn: str) -> dict[str, str]:
        """The tags of a group, which may be changed. Raises ServiceError if there is none."""
        if arn not in self._tags:
            raise _missing(f"Schedule group {arn.rpartition('/')[2]} does not exist.")
        return self._tags[arn]


def _missing(message: str) -> ServiceError:
    return ServiceError("ResourceNotFoundException", message, 404)


def _conflict(message: str) -> ServiceError:
    return ServiceError("ConflictException", message, 409)
