"""Pictures of every page of the console, light and dark, wide and narrow: `make screenshots`. They are to be looked at.

They go to a folder outside of the repository. With `--readme` the live dashboard's goes to docs/live.png as well.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.console import ROOT, Demo, chromium, context_of, open_page, pages_of, running_demo
from tests.browser.scenes import an_agent, press, sign_on, state
from tests.browser.stage import running_stage
from tests.builders.lists import make_list

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
        pages = pages_of(demo) | pages_made(demo)
        first = True
        for dark in (False, True):
            for width in WIDTHS:
                with context_of(browser, demo, demo.admin, dark=dark, width=width) as context:
                    page = open_page(context, "campaigns")
                    for name, path in pages.items():
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
        desk_pictures(browser, folder)
        browser.close()
    print(folder)


def pages_made(demo: Demo) -> dict[str, str]:
    """Pages of things that the demo does not have."""
    blocked = demo.admin.send("POST", "/do-not-call-lists", {"name": "Asked to be left alone"})["id"]
    entry = {"phone_number": "+12025550123", "reason": "asked in a call", "expiration_date": "2099-01-31"}
    demo.admin.send("POST", f"/do-not-call-lists/{blocked}/entries", entry)
    june = demo.admin.send("POST", "/record-lists", {"name": "June"})["id"]
    pages = {"dnc-list": f"dnc/{blocked}"}
    for name in ("import-look", "import-report"):
        asked = {"csv_metadata": {"filename": "june.csv"}}
        upload = demo.admin.send("POST", f"/record-lists/{june}/upload-requests", asked)
        file = make_list(200, seed=5, bad=40, duplicates=5).csv_bytes
        demo.admin.api.put(upload["signed_url"], content=file).raise_for_status()
        pages[name] = f"lists/{june}/import/{upload['id']}"
        if name == "import-report":
            demo.admin.send("POST", f"/v1/upload-requests/{upload['id']}/import", {})
    return pages


def desk_pictures(browser: Browser, folder: Path) -> None:
    """An agent's desk, from sign-on to the end of a wrap-up."""
    with running_stage() as stage:
        for name, effect in (("Sale", "FINAL"), ("Call back", "CALLBACK"), ("Not interested", "FINAL")):
            stage.admin.send("POST", "/v1/dispositions", {"name": name, "effect": effect})
        for colours, width in (("light", 1280), ("dark", 1280), ("light", 400), ("dark", 400)):
            account, _, _ = an_agent(stage, f"Ana-{colours}-{width}")
            with context_of(browser, stage.demo, account, dark=colours == "dark", width=width) as context:
                page = open_page(context, "desk")

                def picture(of: str, page: Page = page, look: str = f"{colours}-{width}") -> None:
                    page.screenshot(path=folder / f"desk-{of}-{look}.png", full_page=True)

                picture("signed-off")
                sign_on(page)
                state(page, "previewing")
                picture("preview")
                press(page, "d", "Dial now")
                state(page, "talking")
                page.get_by_role("radio", name="Call back").check()
                expect(page.get_by_label("Time", exact=True)).to_be_visible()
                picture("call")
                press(page, "e", "Hang up")
                state(page, "wrap_up")
                picture("wrap-up")


def settle(page: Page, ms: int) -> None:
    page.locator(".skeleton").first.wait_for(state="hidden")
    page.wait_for_timeout(ms)


if __name__ == "__main__":
    main()
