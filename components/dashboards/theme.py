"""What the dashboards look like: the theme of dashboards/quicksight/theme.py, in the provider's words."""

import re
from typing import Any

import pulumi
import pulumi_aws as aws

from dashboards import quicksight

BASE_THEME = "CLASSIC"
"""The theme of QuickSight that gives what ours does not say."""

_PLURAL = {"MinMaxGradient": "min_max_gradients"}
"""Pulumi puts a list's name into the plural."""


def dashboard_theme(name: str, theme_id: str, opts: pulumi.ResourceOptions) -> "aws.quicksight.Theme":
    """The theme of all dashboards. Whoever is shown a dashboard sees it with its theme."""
    return aws.quicksight.Theme(
        name,
        theme_id=theme_id,
        name=theme_id,
        base_theme_id=BASE_THEME,
        configuration=_of_provider(quicksight.THEME),
        opts=opts,
    )


def _of_provider(value: Any) -> Any:
    """`UIColorPalette` is `ui_color_palette`."""
    if not isinstance(value, dict):
        return value
    return {
        _PLURAL.get(key) or re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", key).lower(): _of_provider(
            item
        )
        for key, item in value.items()
    }
