"""A resource type's row: how it is made, changed and ended, and the words that most rows are written in."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from rapid.local.clients import ACCOUNT_ID
from rapid.local.deploy.cloud import Cloud
from rapid.local.deploy.conversion import Renames
from rapid.local.deploy.deployment import ResourceRecord
from rapid.local.deploy.errors import DeployError
from rapid.local.deploy.operations import Created, Creation, Deletion, Update

ANY_PROPERTY = "*"
_RANDOM_DIGITS = 7


class HalfMadeError(DeployError):
    """A creation failed when the resource existed already, by the id `id`."""

    def __init__(self, message: str, id_: str) -> None:
        super().__init__(message)
        self.id = id_


@dataclass(frozen=True)
class AutoName:
    """Which property holds the physical name of a resource type, and how long AWS lets it be.

    Where it is not given, Pulumi makes it up: https://www.pulumi.com/docs/iac/concepts/resources/names/#autonaming.
    """

    max_length: int = 255
    property: str = "name"
    lower_case: bool = False

    def physical_name(self, logical_name: str) -> str:
        """Make a name nobody has yet; raises DeployError where the logical name leaves no room for the digits."""
        name = f"{logical_name.lower() if self.lower_case else logical_name}-{secrets.token_hex(4)[:_RANDOM_DIGITS]}"
        if len(name) > self.max_length:
            room = self.max_length - _RANDOM_DIGITS - 1
            raise DeployError(
                f"the logical name {logical_name!r} has {len(logical_name)} characters, but only {room} fit beside the "
                f"{_RANDOM_DIGITS} random digits of its physical name; shorten it, or set {self.property}"
            )
        return name


@dataclass(frozen=True)
class UpdateRule:
    """How some properties are changed in place."""

    properties: tuple[str, ...]
    apply: Callable[[Update], object]


@dataclass(frozen=True)
class ResourceType:
    """One row: a Pulumi type token, the service that makes it, and what is done in its life.

    `replace_on` are the properties, dotted and without list indices, whose change makes a replacement; `updates` are
    carried out in their order, and `update` changes all properties that they do not name; `end_only` are the properties
    that speak of the resource's end alone, so that their change is only recorded. `id_property` is the property that
    the id is, where that is not the physical name, and `find` looks for the ids of one whose id AWS makes up.
    `read_secrets` finds secret outputs again, which no record holds.
    """

    token: str
    service: str
    create: Callable[[Creation], Created]
    delete: Callable[[Deletion], object]
    auto_name: AutoName | None = None
    id_property: str = ""
    find: Callable[[Deletion], list[str]] | None = None
    replace_on: tuple[str, ...] = ()
    updates: tuple[UpdateRule, ...] = ()
    update: Callable[[Update], object] | None = None
    end_only: tuple[str, ...] = ()
    read_secrets: Callable[[Deletion], Mapping[str, Any]] | None = None

    def make(self, properties: Mapping[str, Any], cloud: Cloud) -> Created:
        """Make one resource; raises DeployError, PropertyError before any call where a property does not fit."""
        creation = Creation(self.service, properties, cloud)
        for name in self.end_only:
            creation.take(name)
        try:
            return self.create(creation)
        except DeployError as error:
            if creation.begun:
                raise HalfMadeError(str(error), creation.begun) from error
            raise

    def change(self, before: ResourceRecord, properties: Mapping[str, Any], changed: set[str], cloud: Cloud) -> None:
        """Change one resource to its new properties; raises DeployError."""
        for rule in self.updates:
            if changed & {*rule.properties}:
                rule.apply(Update(self.service, properties, before, changed, cloud))
        if self.update and changed - self._ruled:
            update = Update(self.service, properties, before, changed, cloud)
            for name in self._ruled:
                update.take(name)
            self.update(update)

    def can_change(self, name: str) -> bool:
        """Whether a property can be changed in place."""
        return self.update is not None or name in self._ruled

    @property
    def known_changes(self) -> str:
        """What can be changed in place, for people."""
        return ", ".join(sorted(self._ruled)) or "none"

    def end(self, record: ResourceRecord, cloud: Cloud) -> None:
        """End one resource; raises DeployError."""
        self.delete(Deletion(self.service, record, cloud))

    def ids(self, record: ResourceRecord, cloud: Cloud) -> list[str]:
        """The ids that a resource may have which was about to be made; raises DeployError."""
        deletion = Deletion(self.service, record, cloud)
        if self.find:
            return self.find(deletion)
        value = deletion.value(self.id_property or (self.auto_name.property if self.auto_name else ""))
        return [value] if value else []

    @cached_property
    def _ruled(self) -> frozenset[str]:
        return frozenset({*self.end_only, *(name for rule in self.updates for name in rule.properties)})


def sent(
    operation: str,
    renames: Renames | None = None,
    *,
    defaults: Mapping[str, Any] | None = None,
    inside: str = "",
    beside: tuple[str, ...] = (),
    without: tuple[str, ...] = (),
    place: Mapping[str, str] | None = None,
) -> Callable[[Creation], dict[str, Any]]:
    """An operation that takes all properties of a resource; answers its parameters together with AWS's answer.

    `defaults` are the provider's where the API has others, or none; all properties but those `beside` go into the
    member `inside`; `without` are left out; `place` are further parameters, by properties (or `id`) that were before.
    """

    def send(work: Creation) -> dict[str, Any]:
        properties = {**(defaults or {}), **work.rest()}
        for name in without:
            properties.pop(name, None)
        outside = {name: properties.pop(name) for name in beside if name in properties}
        parameters = work.convert(operation, outside if inside else properties, renames)
        if inside:
            parameters[inside] = work.convert(f"{operation}.{inside}", properties, renames)
        if isinstance(work, Update):
            parameters |= {name: work.before(source) for name, source in (place or {}).items()}
        return {**work.call(operation, **parameters), **parameters}

    return send


def created(
    operation: str, id_: str, renames: Renames | None = None, outputs: Mapping[str, str] | None = None, **how: Any
) -> Callable[[Creation], Created]:
    """A creation by one operation; `how` is as `sent` has it.

    The id and the outputs are texts, filled in from the parameters, AWS's answer, the region and the account.
    """
    send = sent(operation, renames, **how)

    def create(creation: Creation) -> Created:
        found = {**send(creation), "region": creation.cloud.region, "account": ACCOUNT_ID}
        return Created(id_.format_map(found), {name: text.format_map(found) for name, text in (outputs or {}).items()})

    return create


def changed(
    operation: str, place: Mapping[str, str], when_removed: Mapping[str, Any], renames: Renames | None = None
) -> UpdateRule:
    """The rule of properties that an operation takes of which only some differ.

    `when_removed` names them all, with the value that stands for their absence; `...` for those that have none.
    """
    names = tuple(when_removed)
    removable = {name: value for name, value in when_removed.items() if value is not ...}

    def apply(update: Update) -> None:
        parameters = update.convert(operation, update.pick(names, removable), renames)
        update.call(operation, **{name: update.before(source) for name, source in place.items()}, **parameters)

    return UpdateRule(names, apply)


def tags(tag: str = "TagResource", untag: str = "UntagResource", named_by: str = "arn") -> UpdateRule:
    """The rule of a resource's tags, which the provider changes in place: internal/tags in its source.

    Each service has one call that adds tags and one that takes them; how they name the resource and its tags is in
    botocore's shapes. `named_by` is the property by which the two know the resource.
    """

    def apply(update: Update) -> None:
        before, after = update.inputs_before.get("tags") or {}, update.take_object("tags")
        gone = sorted({*before} - {*after})
        if gone:
            update.call(untag, **parameters(update, untag, gone))
        if after:
            update.call(tag, **parameters(update, tag, after))

    def parameters(update: Update, operation: str, given: Any) -> dict[str, Any]:
        members = update.client.meta.service_model.operation_model(operation).input_shape.members
        resource = next(name for name, shape in members.items() if shape.type_name == "string")
        tagged = next(name for name, shape in members.items() if shape.type_name != "string")
        return {resource: update.before(named_by), **update.convert(operation, {"tags": given}, {"tags": tagged})}

    return UpdateRule(("tags",), apply)


def deleted(operation: str, **parameters: str) -> Callable[[Deletion], object]:
    """An end by one operation; its parameters by the properties that they are, or `id`, or `account`."""

    def delete(deletion: Deletion) -> dict[str, Any]:
        values = {name: ACCOUNT_ID if of == "account" else deletion.value(of) for name, of in parameters.items()}
        return deletion.call(operation, **values)

    return delete


def listed(operation: str, id_: str, alike: Mapping[str, str], **parameters: str) -> Callable[[Deletion], list[str]]:
    """A look for the ids of what a listing operation answers whose members are as the properties that `alike` names."""

    def find(made: Deletion) -> list[str]:
        # The local cloud answers all there is in one page.
        answer = made.call(operation, **{name: made.value(of) for name, of in parameters.items()})
        items = [item for values in answer.values() if isinstance(values, list) for item in values]
        return [item[id_] for item in items if all(item.get(key) == made.value(name) for key, name in alike.items())]

    return find
