"""How long until a dashboard's first chart is there, on a phone?

The local cloud as `rapid local up` deploys it, with the days that `rapid demo` sends; Chromium at the size of a phone,
which measures by itself, from the click on the link on. `first visit` has an empty cache; `every morning` has the files
of the page from yesterday, and asks for the data.

    python -m bench.dashboards [rounds]
"""

import os
import shutil
import statistics
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from rapid.cli.target import LocalStack

from . import servers
from .environments import ROOT
from .table import circumstances

ROUNDS = 5
GOAL_SECONDS = 1.0
_PHONE: dict[str, Any] = {"viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True}
_MEASURED = """() => {
  const charts = performance.getEntriesByName("chart").map((mark) => mark.startTime);
  return [performance.getEntriesByName("first-contentful-paint")[0].startTime, charts[0], charts.at(-1)];
}"""
_DRAWN = "#visuals[data-drawn=yes]"


def main(arguments: Sequence[str]) -> int:
    """Print the table; 1 if a first chart took longer than the goal."""
    rounds = int(arguments[0]) if arguments else ROUNDS
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        raise SystemExit("error: chromium is not installed (apt-get install chromium)")
    with servers.deployed_stack() as server, sync_playwright() as playwright:
        stack = LocalStack(server.url)
        subprocess.run([sys.executable, "-m", "rapid", "demo"], cwd=ROOT, env=_environment(server.url), check=True)
        browser = playwright.chromium.launch(executable_path=chromium)
        addresses = [f"{server.url}/sn/dashboards/{each}" for each in stack.outputs["dashboard_ids"]]
        found = {address.rpartition("-")[2]: _visits(browser, address, rounds) for address in addresses}
        browser.close()
    print(circumstances("local cloud alone", rounds))
    print("\nMilliseconds, medians:\n")
    print("| dashboard | visit | first paint | first chart | all charts |\n|---|---|---:|---:|---:|")
    for name, visits in found.items():
        for visit, values in visits.items():
            figures = " | ".join(f"{statistics.median(column):.0f}" for column in zip(*values, strict=True))
            print(f"| {name} | {visit} | {figures} |")
    slowest = max(statistics.median(row[1] for row in rows) for visits in found.values() for rows in visits.values())
    print(f"\nThe slowest first chart: {slowest:.0f} ms; goal: {1000 * GOAL_SECONDS:.0f} ms")
    return 1 if slowest > 1000 * GOAL_SECONDS else 0


def _visits(browser: Browser, address: str, rounds: int) -> dict[str, list[list[float]]]:
    """First paint, first chart and last chart of each visit."""
    found: dict[str, list[list[float]]] = {"first visit": [], "every morning": []}
    for _ in range(rounds):
        context = browser.new_context(**_PHONE)
        page = context.new_page()
        for rows in found.values():
            page.goto(address)
            page.wait_for_selector(_DRAWN)
            rows.append(page.evaluate(_MEASURED))
        context.close()
    return found


def _environment(url: str) -> dict[str, str]:
    return {**os.environ, "AWS_ENDPOINT_URL": url}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
