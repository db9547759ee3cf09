"""AWS WAF: web ACLs, and what they protect.

What makes a replacement: internal/service/wafv2/web_acl.go and web_acl_association.go.
"""

from __future__ import annotations

from typing import Any

from rapid.local.deploy.operations import Created, Creation, Deletion, Update
from rapid.local.deploy.resource_type import ANY_PROPERTY, AutoName, ResourceType, created, listed, tags


def _found(work: Deletion | Update, name: str, scope: str) -> dict[str, Any]:
    """What names a web ACL in a call that changes it: it must not have changed since it was read."""
    place = {"Name": name, "Scope": scope, "Id": work.id}
    answer = work.call("GetWebACL", **place)
    return {**place, "LockToken": answer["LockToken"]} if answer else {}


def _update(update: Update) -> None:
    place = _found(update, update.need("name"), update.need("scope"))
    update.call("UpdateWebACL", **place, **update.convert("UpdateWebACL", update.rest()))


def _delete(deletion: Deletion) -> None:
    if place := _found(deletion, deletion.value("name"), deletion.value("scope")):
        deletion.call("DeleteWebACL", **place)


def _associate(creation: Creation) -> Created:
    parameters = creation.convert("AssociateWebACL", creation.rest())
    creation.call("AssociateWebACL", **parameters)
    return Created(f"{parameters['WebACLArn']},{parameters['ResourceArn']}")


def _disassociate(deletion: Deletion) -> None:
    deletion.call("DisassociateWebACL", ResourceArn=deletion.value("resourceArn"))


def _find_association(made: Deletion) -> list[str]:
    arn = made.value("resourceArn")
    protecting = made.call("GetWebACLForResource", ResourceArn=arn).get("WebACL")
    return [f"{protecting['ARN']},{arn}"] if protecting else []


ROWS = (
    ResourceType(
        "aws:wafv2/webAcl:WebAcl",
        "wafv2",
        created("CreateWebACL", "{Summary[Id]}", outputs={"arn": "{Summary[ARN]}"}),
        _delete,
        AutoName(128),
        replace_on=("name", "namePrefix", "scope"),
        updates=(tags(),),
        update=_update,
        find=listed("ListWebACLs", "Id", {"Name": "name"}, Scope="scope"),
    ),
    ResourceType(
        "aws:wafv2/webAclAssociation:WebAclAssociation",
        "wafv2",
        _associate,
        _disassociate,
        replace_on=(ANY_PROPERTY,),
        find=_find_association,
    ),
)
