"""The end of one resource, and reading what a record does not hold."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from botocore import xform_name
from botocore.exceptions import BotoCoreError, ClientError

from rapid.local.deploy.cloud import Cloud
from rapid.local.deploy.creation import answer_of
from rapid.local.deploy.deployment import ResourceRecord
from rapid.local.deploy.errors import DeployError

# The codes by which services say that a thing is not there: NoSuchBucket, ResourceNotFoundException,
# EntityNotFoundException, AWS.SimpleQueueService.NonExistentQueue.
_GONE = re.compile(r"NoSuch|NotFound|NonExistent|DoesNotExist")


class Deletion:
    """One recorded resource and the client of its service. What is gone already is no error."""

    def __init__(self, service: str, record: ResourceRecord, cloud: Cloud) -> None:
        self.id = record.id
        self.inputs: Mapping[str, Any] = record.inputs
        self.outputs: Mapping[str, Any] = record.outputs
        self.cloud = cloud
        self.client = cloud.client(service)

    def value(self, name: str) -> Any:
        """A property that was given or, where none was, computed; None where there is neither."""
        return self.inputs.get(name, self.outputs.get(name))

    def listed(self, operation: str, id_: str, alike: Mapping[str, str], **parameters: Any) -> list[str]:
        """The ids of what a listing operation answers whose members are as the properties that `alike` names."""
        # The local cloud answers all there is in one page.
        answer = self.call(operation, **parameters)
        items = [item for values in answer.values() if isinstance(values, list) for item in values]
        return [item[id_] for item in items if all(item.get(key) == self.value(name) for key, name in alike.items())]

    def call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        """Call an operation by its API name; empty where AWS says that there is no such thing.

        Raises DeployError with AWS's answer.
        """
        try:
            answer: dict[str, Any] = getattr(self.client, xform_name(operation))(**parameters)
        except ClientError as error:
            if _GONE.search(error.response.get("Error", {}).get("Code", "")):
                return {}
            raise DeployError(f"{operation} was refused: {answer_of(error)}") from error
        except BotoCoreError as error:
            raise DeployError(f"{operation} could not be sent: {error}") from error
        return answer
