"""Pictures of every page of the console, light and dark, wide and narrow: `make screenshots`. They are to be looked at.

They go to a folder outside of the repository. With `--readme` the live dashboard's goes to docs/live.png as well.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.browser.console import ROOT, chromium, context_of, open_page, pages_of, running_demo

WIDTHS = (1440, 390)
LIVE_FOR_MS = 20_000
"""A while of dialing, so that the charts have lines."""


def main() -> None:
    read = argparse.ArgumentParser(description=__doc__)
    read.add_argument("folder", nargs="?", type=Path, help="by default a new temporary folder")
    read.add_argument("--readme", action="store_true", help="also write docs/live.png")
    asked = read.parse_args()
    folder = asked.folder or Path(tempfile.mkdtemp(prefix="outdial-screenshots-"))
    folder.mkdir(parents=True, exist_ok=True)
    found = chromium()
    if found is None:
        sys.exit("screenshots: there is no Chromium on this machine (Debian: apt-get install chromium)")
    with running_demo(agents=12, speed=10) as demo, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        first = True
        for dark in (False, True):
            for width in WIDTHS:
                with context_of(browser, demo, demo.admin, dark=dark, width=width) as context:
                    page = open_page(context, "campaigns")
                    for name, path in pages_of(demo).items():
                        page.goto(path)
                        page.locator("h1").wait_for()
                        settle(page, LIVE_FOR_MS if first and name == "live" else 700)
                        colours = "dark" if dark else "light"
                        page.screenshot(path=folder / f"{name}-{colours}-{width}.png", full_page=True)
                        if asked.readme and first and name == "live":
                            page.screenshot(path=ROOT / "docs" / "live.png")
                        first = first and name != "live"
        with context_of(browser, demo, None) as context:
            page = open_page(context, "")
            settle(page, 500)
            page.screenshot(path=folder / "sign-in-light-1440.png")
        browser.close()
    print(folder)


def settle(page: Page, ms: int) -> None:
    page.locator(".skeleton").first.wait_for(state="hidden")
    page.wait_for_timeout(ms)


if __name__ == "__main__":
    main()
