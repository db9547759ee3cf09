"""What runs inside of which VPC, and what it is refused for it."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ..clients import ACCOUNT_ID
from ..iam.accesses import Access
from ..iam.authorizer import Authorizer
from ..iam.callers import RoleSession
from ..service_error import ServiceError

_log = logging.getLogger(__name__)

_MAX_KEYS = 10_000
_SESSION = "local-cloud"


@dataclass(frozen=True)
class Place:
    """Where something runs."""

    who: str
    """What runs, for people."""
    subnet_ids: tuple[str, ...]
    group_ids: tuple[str, ...]


class Network:
    """Knows which access keys are used inside of VPCs, and refuses their requests to what cannot be reached there."""

    def __init__(self, authorizer: Authorizer, region: str) -> None:
        self._authorizer = authorizer
        self._region = region
        self._places: dict[str, Place] = {}
        self._obstacles: dict[tuple[Place, str], str | None] = {}

    @property
    def ec2(self) -> Any:
        """EC2 as it is now: moto's backend, which takes long to import and is only asked where there is a VPC."""
        from moto.ec2.models import ec2_backends

        return ec2_backends[ACCOUNT_ID][self._region]

    def enter(self, access_key_id: str, place: Place) -> None:
        """What is signed with an access key comes from this place from now on."""
        if len(self._places) >= _MAX_KEYS:
            del self._places[next(iter(self._places))]
        self._places[access_key_id] = place

    def check(self, access_key_id: str, service: str) -> None:
        """Raises ServiceError for a request that would not arrive.

        On AWS nothing answers it, and the client gives up after its time; here it is answered at once, with what is
        missing, for nobody could tell that from a time-out.
        """
        place = self._places.get(access_key_id)
        if place is None:
            return
        reason = self.obstacle(place, service)
        if reason:
            message = f"{place.who} cannot reach {service}: {reason}. On AWS the request gets no answer and times out."
            _log.warning("%s", message)
            raise ServiceError("RequestWouldTimeOut", message)

    def obstacle(self, place: Place, service: str) -> str | None:
        """What keeps a place from a service, in any of its subnets; None if nothing does."""
        from . import reach

        key, known = (place, service), self._obstacles
        if key not in known:
            found = (
                reach.obstacle(self.ec2, subnet, place.group_ids, service, self._region) for subnet in place.subnet_ids
            )
            known[key] = next((reason for reason in found if reason), None)
        return known[key]

    def open_ports(self, place: Place) -> tuple[tuple[int, int], ...]:
        """First and last of the TCP ports that the place's security groups let out to addresses."""
        from . import reach

        return tuple(reach.open_ports(self.ec2, place.group_ids))

    def changed(self) -> None:
        """Look again: something in EC2 is not as it was."""
        self._obstacles = {}

    def missing_action(self, role_arn: str, actions: Iterable[str], resource: str) -> str | None:
        """The first of some actions that a role may not take on a resource; None if it may take all."""
        caller = RoleSession(role_arn, _SESSION)
        return next((action for action in actions if self._authorizer.denial(caller, Access(action, resource))), None)

    def arn(self, resource: str) -> str:
        """The ARN of a resource of EC2, such as `network-interface/*`."""
        return f"arn:aws:ec2:{self._region}:{ACCOUNT_ID}:{resource}"

    def missing_interface_action(self, role_arn: str, actions: Sequence[str], place: Place) -> str | None:
        """The first of some actions of EC2 that a role may not take on the place's network interfaces."""
        resources = [self.arn("network-interface/*")]
        for action in actions:
            needed = resources
            if action == "ec2:CreateNetworkInterface":
                needed = [
                    *resources,
                    *(self.arn(f"subnet/{subnet}") for subnet in place.subnet_ids),
                    *(self.arn(f"security-group/{group}") for group in place.group_ids),
                ]
            if any(self.missing_action(role_arn, [action], resource) for resource in needed):
                return action
        return None
