"""Which sources the storefront's pages send to."""

FORM = "feedback"
"""What the feedback form sends to."""
MENU = "clickstream"
"""What menus tell the clicks of guests."""
SURVEY = "survey"
"""What readers of dashboards answer to; a storefront without this source has no page for it."""
NEEDED = (FORM, MENU)
"""What there is no storefront without."""
SOURCES = (*NEEDED, SURVEY)
"""What pages send to."""
