"""What guests get from a distribution."""

import pytest

from .cloud_rig import Rig
from .cloudfront_rig import Site, told

ACCESS_PAGE = (
    "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-s3.html"
)


@pytest.fixture(scope="module")
def site(rig: Rig) -> Site:
    made = Site(rig)
    made.put("index.html", "<h1>Welcome</h1>")
    return made


@pytest.mark.aws(
    "CloudFront",
    "Pages",
    "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/DefaultRootObject.html",
)
def test_the_root_is_the_default_root_object(site: Site) -> None:
    answer = site.get("/")
    assert (answer.status, answer.data, answer.headers["Content-Type"]) == (200, b"<h1>Welcome</h1>", "text/html")


@pytest.mark.aws("CloudFront", "Origin access control", ACCESS_PAGE)
def test_a_bucket_whose_policy_lets_no_distribution_in_is_denied_to_guests(site: Site) -> None:
    site.put("private", "x")
    site.s3.delete_bucket_policy(Bucket=site.bucket)
    try:
        answer = site.get("/private")
        assert (answer.status, told(answer)) == (403, "Error")
        assert b"<Code>AccessDenied</Code>" in answer.data
        site.let_in(arn="arn:aws:cloudfront::123456789012:distribution/EANOTHER")
        site.invalidate("/private")
        assert site.get("/private").status == 403
    finally:
        site.let_in()
    site.invalidate("/private")
    assert site.get("/private").status == 200
