"""The pages of dashboards: QuickSight's addresses `/sn/start/dashboards` and `/sn/dashboards/<id>`, drawn here.

`charts` makes a visual's chart, `content` all that a page shows, `selection` reads an address, `pages` answers
requests; `files/` are what a browser loads.
"""

from .pages import PATH, DashboardPages

__all__ = ["PATH", "DashboardPages"]
