"""A dashboard as QuickSight's definition, and the CloudFormation template that carries it.

`definition` is the whole: one sheet of `visuals`, each of `fields` with their `formats`; `filters` and their controls
above them; `texts` and `layout` say what stands where. `template` carries it, `theme` is what it looks like.
Shapes: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-quicksight-dashboard.html
"""

from .business import Business
from .definition import definition
from .template import MAX_TEMPLATE_BYTES, VIEWER_ACTIONS, template, template_body
from .theme import THEME

__all__ = [
    "MAX_TEMPLATE_BYTES",
    "THEME",
    "VIEWER_ACTIONS",
    "Business",
    "definition",
    "template",
    "template_body",
]
