"""A distribution before a bucket, made with boto3, and requests as guests send them."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import urllib3

from .cloud_rig import Rig

CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"


class Site:
    """A bucket and its distribution."""

    def __init__(self, rig: Rig, **config: Any) -> None:
        self._rig, self.bucket = rig, rig.name("site")
        self.s3, self.cloudfront = rig.aws("s3"), rig.aws("cloudfront")
        self.s3.create_bucket(Bucket=self.bucket)
        self.control = self.access_control()
        self.config = {
            "CallerReference": rig.name("reference"),
            "Comment": "",
            "Enabled": True,
            "DefaultRootObject": "index.html",
            "Origins": listed(self.origin()),
            "DefaultCacheBehavior": behavior(),
            **config,
        }
        self.distribution = self.cloudfront.create_distribution(DistributionConfig=self.config)["Distribution"]
        self.id, self.arn = self.distribution["Id"], self.distribution["ARN"]
        self.host = self.distribution["DomainName"]
        self.let_in()

    def access_control(self, **config: Any) -> str:
        """A new origin access control."""
        made = self.cloudfront.create_origin_access_control(
            OriginAccessControlConfig={
                "Name": self._rig.name("control"),
                "SigningProtocol": "sigv4",
                "SigningBehavior": "always",
                "OriginAccessControlOriginType": "s3",
                **config,
            }
        )
        return str(made["OriginAccessControl"]["Id"])

    def origin(self, **config: Any) -> dict[str, Any]:
        """The bucket as an origin."""
        return {
            "Id": "site",
            "DomainName": f"{self.bucket}.s3.us-east-1.amazonaws.com",
            "OriginAccessControlId": self.control,
            "S3OriginConfig": {"OriginAccessIdentity": ""},
            **config,
        }

    def let_in(self, *more: Mapping[str, Any], arn: str = "", action: str | list[str] = "s3:GetObject") -> None:
        """Let the distribution, or another one, read the bucket."""
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "cloudfront.amazonaws.com"},
            "Action": action,
            "Resource": [f"arn:aws:s3:::{self.bucket}", f"arn:aws:s3:::{self.bucket}/*"],
            "Condition": {"StringEquals": {"aws:SourceArn": arn or self.arn}},
        }
        policy = {"Version": "2012-10-17", "Statement": [statement, *more]}
        self.s3.put_bucket_policy(Bucket=self.bucket, Policy=json.dumps(policy))

    def put(self, key: str, content: str | bytes = "content", **settings: Any) -> None:
        """Put an object."""
        given = {"ContentType": "text/html", **settings}
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=content, **given)

    def get(self, path: str = "/", method: str = "GET", host: str = "", **headers: str) -> urllib3.BaseHTTPResponse:
        """What a guest gets; `_` in a header's name stands for `-`."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        url = f"{self._rig.url}{path}"
        return urllib3.request(method, url, headers={"Host": host or self.host, **sent}, decode_content=False)

    def change(self, **config: Any) -> None:
        """Change the distribution's configuration."""
        self.config |= config
        etag = self.cloudfront.get_distribution(Id=self.id)["ETag"]
        self.cloudfront.update_distribution(Id=self.id, IfMatch=etag, DistributionConfig=self.config)

    def invalidate(self, *paths: str) -> str:
        """Invalidate paths."""
        batch = {"CallerReference": self._rig.name("batch"), "Paths": listed(*paths)}
        made = self.cloudfront.create_invalidation(DistributionId=self.id, InvalidationBatch=batch)
        return str(made["Invalidation"]["Id"])


def behavior(**settings: Any) -> dict[str, Any]:
    """A cache behavior for the site."""
    return {
        "TargetOriginId": "site",
        "ViewerProtocolPolicy": "redirect-to-https",
        "CachePolicyId": CACHING_OPTIMIZED,
        "Compress": True,
        **settings,
    }


def listed(*items: Any) -> dict[str, Any]:
    """A list as CloudFront takes it."""
    return {"Quantity": len(items), **({"Items": list(items)} if items else {})}


def told(answer: urllib3.BaseHTTPResponse) -> str:
    """What X-Cache says."""
    return answer.headers["X-Cache"].removesuffix(" from cloudfront")


@contextmanager
def at(rig: Rig, seconds: float) -> Iterator[None]:
    """Let the edge believe that so many seconds have passed."""
    edge = rig.cloud._application._edge
    clock = edge._clock
    edge._clock = lambda: clock() + seconds
    yield
    edge._clock = clock
