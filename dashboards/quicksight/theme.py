"""What dashboards look like: a light theme whose colours people tell apart who see colours otherwise."""

from typing import Any

_INK, _PAPER, _QUIET = "#1B1F24", "#FFFFFF", "#F4F6F8"
_COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#332288", "#661100", "#9030F0", "#004848")
"""For all kinds of colour vision: of Okabe and Ito (https://jfly.uni-koeln.de/color/), of Paul Tol
(https://sronpersonalpages.nl/~pault/), and two computed for their distance from these, since a theme has eight
at least; those alone that stand out from white as WCAG asks of charts, 3 to 1."""
HEAT = ("#DEEBF7", "#08519C")
"""From few to many: one hue by its lightness, which every eye orders alike (ColorBrewer's Blues)."""
LINE_COLOR = "#B3261E"
"""Of a line at a value that matters."""

THEME: dict[str, Any] = {
    "DataColorPalette": {"Colors": list(_COLORS), "MinMaxGradient": list(HEAT), "EmptyFillColor": "#E3E7EB"},
    "UIColorPalette": {
        "PrimaryForeground": _INK,
        "PrimaryBackground": _PAPER,
        "SecondaryForeground": _INK,
        "SecondaryBackground": _QUIET,
        "Accent": _COLORS[0],
        "AccentForeground": _PAPER,
        "Danger": "#B3261E",
        "DangerForeground": _PAPER,
        "Warning": "#8A5300",
        "WarningForeground": _PAPER,
        "Success": "#00664B",
        "SuccessForeground": _PAPER,
        "Dimension": _COLORS[0],
        "DimensionForeground": _PAPER,
        "Measure": "#00664B",
        "MeasureForeground": _PAPER,
    },
    "Sheet": {
        "Tile": {"Border": {"Show": True}},
        "TileLayout": {"Gutter": {"Show": True}, "Margin": {"Show": True}},
    },
}
"""ThemeConfiguration: https://docs.aws.amazon.com/quicksight/latest/APIReference/API_ThemeConfiguration.html"""
