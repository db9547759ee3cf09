"""The EFS API: moto's, and what it lacks of it."""

import re

from werkzeug import Request, Response

from .clients import ACCOUNT_ID
from .server.planes import Forward
from .service_error import ServiceError

_POLICY = re.compile(r"/2015-02-01/file-systems/(?P<id>[^/]+)/policy/?")


class EfsService:
    """Takes policies of file systems away; all else is moto's."""

    def __init__(self, region: str) -> None:
        self._region = region

    def handle(self, request: Request, forward: Forward) -> Response:
        """Answer a request to the EFS API."""
        policy = _POLICY.fullmatch(request.path) if request.method == "DELETE" else None
        return self._delete_policy(policy["id"]) if policy else forward()

    def _delete_policy(self, file_system_id: str) -> Response:
        """https://docs.aws.amazon.com/efs/latest/ug/API_DeleteFileSystemPolicy.html."""
        # It takes long to import, and few stacks have a file system.
        from moto.efs.models import efs_backends

        found = efs_backends[ACCOUNT_ID][self._region].file_systems_by_id.get(file_system_id)
        if found is None:
            message = f"File system '{file_system_id}' does not exist."
            raise ServiceError("FileSystemNotFound", message, 404, {"ErrorCode": "FileSystemNotFound"})
        found.file_system_policy = None
        return Response(status=200)
