"""docs/clients.md shows what the scripts run, and nothing else."""

import re
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PAGE = (HERE.parents[2] / "docs" / "clients.md").read_text(encoding="utf-8")
SCRIPTS = "\n".join(script.read_text(encoding="utf-8") for script in sorted([*HERE.glob("*.py"), *HERE.glob("*.sh")]))
# What the scripts get as variables is written out on the page; what they keep in files goes to the terminal there.
SNIPPETS = [
    *re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL),
    *(line for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()),
]


@pytest.mark.parametrize("snippet", [snippet for snippet in SNIPPETS if not snippet.startswith("export ")])
def test_what_the_page_of_clients_shows_is_in_a_script_that_runs(snippet: str) -> None:
    assert snippet.rstrip() in SCRIPTS
