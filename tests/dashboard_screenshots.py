"""Pictures of every dashboard for the docs, on demo data: on a desktop in light and dark, and on a phone.

    python -m tests.dashboard_screenshots docs/images/dashboards

It deploys the stack `dev` onto a local cloud of its own and runs `rapid demo`, which takes a minute.
"""

import io
import shutil
import sys
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from tests.browser.dashboard_page import DESKTOP, SHOWN
from tests.browser.phones import PHONE
from tests.deployed import demo
from tests.deployed.clouds import deploy, found_by_commands, own_cloud

DAYS, ORDERS_A_DAY = 35, 60
_PHONE_HEIGHT = 1480
"""Of a picture: two screens of a phone, rather than all that one would scroll through."""
_LOOKS: dict[str, tuple[dict[str, Any], str, int | None]] = {
    "desktop": (DESKTOP, "light", None),
    "dark": (DESKTOP, "dark", None),
    "phone": (PHONE, "light", _PHONE_HEIGHT),
}
_QUALITY = 78


def main(words: list[str]) -> int:
    """Write `<dashboard>-<look>.webp` of each into the folder that is named."""
    if len(words) != 1:
        print("usage: python -m tests.dashboard_screenshots FOLDER", file=sys.stderr)
        return 2
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        print("error: chromium is not installed (apt-get install chromium)", file=sys.stderr)
        return 1
    folder = Path(words[0])
    folder.mkdir(parents=True, exist_ok=True)
    with own_cloud() as url, found_by_commands(url):
        print("Deploying ...", flush=True)
        stack = deploy(url)
        demo.fill(stack, DAYS, ORDERS_A_DAY)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium)
            for id_ in stack.outputs["dashboard_ids"]:
                for look in _LOOKS:
                    file = folder / f"{id_.rpartition('-')[2]}-{look}.webp"
                    size = _take(browser, f"{url}/sn/dashboards/{id_}", look, file)
                    print(f"{file}: {size / 1000:.0f} kB", flush=True)
            browser.close()
    return 0


def _take(browser: Browser, address: str, look: str, file: Path) -> int:
    """Write one picture; its bytes."""
    options, scheme, height = _LOOKS[look]
    context = browser.new_context(**options, color_scheme=scheme)
    page = context.new_page()
    page.goto(address)
    page.wait_for_selector(SHOWN)
    picture = Image.open(io.BytesIO(page.screenshot(full_page=True)))
    context.close()
    if height:
        picture = picture.crop((0, 0, picture.width, min(height, picture.height)))
    picture.save(file, "WEBP", quality=_QUALITY, method=6)
    return file.stat().st_size


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
