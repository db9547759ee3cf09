"""What a stack's configuration says about its storefront."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum


class WayIn(Enum):
    """How pages send what guests tell them."""

    API = "api"
    """To API Gateway, on the direct paths of their sources."""
    GUEST = "guest"
    """Onto the delivery streams themselves, with the credentials that Cognito gives to guests."""


@dataclass(frozen=True)
class StorefrontSettings:
    """The storefront of one business."""

    way_in: WayIn
    """How pages send."""
    business_name: str
    """Name of the business, as guests read it."""
    languages: tuple[str, ...]
    """Codes of the languages, such as `en`, the default first; each has a file `web/languages/<code>.json`."""
    brand_color: str
    """Colour of the business, `#rrggbb`, on which white text can be read."""
    currency: str
    """ISO 4217 code of the currency of prices on menus, such as `USD`."""
    domain: str | None = None
    """Domain of the business that leads to the storefront; None: the distribution's own."""
    certificate_arn: str | None = None
    """ARN of the certificate of that domain, in ACM in us-east-1; None without a domain."""
    endpoints: Mapping[str, str] = field(default_factory=dict)
    """Where pages find `cognito-identity` and `firehose`, if not at AWS: URL by service."""
