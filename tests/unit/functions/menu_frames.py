"""Frames of menu pages, made of web/menu.html as a deployment makes them."""

from components.storefront.pages import Site
from components.storefront.settings import StorefrontSettings, WayIn

SETTINGS = StorefrontSettings(WayIn.API, "Trattoria Demo", ("en", "de"), "#14532d", "EUR")


def frames():
    """The frame in English, which is the default, and in German."""
    return {language: frame.html({}) for language, frame in Site(SETTINGS).menu_frames.items()}
