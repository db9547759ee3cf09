"""What the function that publishes menus may do."""

import functools
import uuid

from .permissions import Bench, Permission
from .proofs import MENUS, Look, Proofs, check, each

LOGS = "storefront-menus-publisher-logs"
MENU = "section,id,name,price\nSoups,soup,Soup,5\n"


def upload(bench: Bench, content: str = MENU, key: str = "") -> str:
    """Put a menu into its bucket; the key."""
    key = key or f"store-{uuid.uuid4().hex[:8]}.csv"
    bench.stack.client("s3").put_object(Bucket=bench.stack.outputs["menus_bucket"], Key=key, Body=content)
    return key


def publish(bench: Bench, content: str = MENU) -> Look:
    upload(bench, content)
    return lambda: bench.lines(LOGS)


def published(bench: Bench) -> str:
    """Put a menu into its bucket, and wait for its page; the key."""
    key = upload(bench)
    s3, site = bench.stack.client("s3"), bench.stack.outputs["storefront_bucket"]
    page = f"menu/{key.removesuffix('.csv')}"
    assert bench.seen(page, lambda: str(s3.list_objects_v2(Bucket=site, Prefix=page).get("Contents")))
    return key


def fall_back(bench: Bench) -> Look:
    """A deployment makes a page anew of the version that guests see, for the newest was refused."""
    upload(bench, "no menu", published(bench))
    functions = bench.stack.client("lambda")
    [name] = [
        item["FunctionName"]
        for item in functions.list_functions()["Functions"]
        if item["FunctionName"].startswith("storefront-menus-publisher")
    ]
    functions.invoke(FunctionName=name, InvocationType="Event", Payload=b'{"deployed": {}}')
    return lambda: bench.lines(LOGS)


def remove(bench: Bench) -> Look:
    bench.stack.client("s3").delete_object(Bucket=bench.stack.outputs["menus_bucket"], Key=published(bench))
    return lambda: bench.lines(LOGS)


def write_log(bench: Bench) -> Look:
    bench.restart("storefront-menus-publisher")
    publish(bench)
    return lambda: bench.log.text


PROOFS: Proofs = {
    Permission(MENUS, action, statement): proof
    for action, statement, proof in (
        ("s3:ListBucket", 1, publish),
        ("s3:GetObject", 2, publish),
        ("s3:GetObjectVersion", 2, publish),
        ("s3:GetObject", 3, fall_back),
        ("s3:PutObject", 3, publish),
        ("s3:DeleteObject", 3, remove),
        ("cloudfront:CreateInvalidation", 4, publish),
        ("sns:Publish", 5, functools.partial(publish, content="no menu")),
        ("logs:CreateLogStream", 6, write_log),
        ("logs:PutLogEvents", 6, write_log),
    )
}


@each(PROOFS)
def test_without_a_permission_what_needs_it_fails_with_the_message_of_aws(bench: Bench, permission: Permission) -> None:
    check(bench, permission, PROOFS)
