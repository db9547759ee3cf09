"""A feedback form and menus that guests load from CloudFront, and that send straight onto delivery streams."""

import pulumi

from components import Storefront
from components.storefront.settings import StorefrontSettings, WayIn

config = pulumi.Config()
business = StorefrontSettings(WayIn.GUEST, "Trattoria Demo", ("en", "de"), "#14532d", "EUR")
pool, streams = config.require("identity_pool_id"), config.require_object("stream_arns")
shown = Storefront("guests", {"settings": business, "doors": {"identity_pool_id": pool, "stream_arns": streams}})

for name, value in shown.outputs.items():
    pulumi.export(name, value)
