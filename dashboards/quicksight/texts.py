"""The text above the charts, in QuickSight's own markup.

https://docs.aws.amazon.com/quicksight/latest/APIReference/API_SheetTextBox.html
"""

from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import escape, quoteattr

from ..model import Dashboard
from .business import Business

TEXT_ID = "text_about"
"""With an underscore, which no visual's name has."""


def text_box(dashboard: Dashboard, business: Business) -> dict[str, Any]:
    """What the dashboard is for, what to do while it is empty, and the survey where there is one."""
    lines = [
        f'<inline font-size="16px">{escape(dashboard.purpose)}</inline>',
        f'<inline font-size="12px">{escape(dashboard.when_empty)}</inline>',
    ]
    if business.survey_url:
        address = quoteattr(f"{business.survey_url}?dashboard={quote(dashboard.name)}")
        lines.append(f'<a href={address} target="_blank">Does this dashboard tell you what you need?</a>')
    return {"SheetTextBoxId": TEXT_ID, "Content": f"<text-box>{'<br/>'.join(lines)}</text-box>"}
