"""Which sources the storefront's pages send to."""

FORM = "feedback"
"""What the feedback form sends to."""
MENU = "clickstream"
"""What menus tell the clicks of guests."""
SOURCES = (FORM, MENU)
"""What pages send to."""
