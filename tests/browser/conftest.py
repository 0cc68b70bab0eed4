"""One Chromium, one demo and one stage for all tests of the console, and fresh windows for each test."""

import os
import subprocess
import sys
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.browser.console import AXE, ROOT, Account, Demo, Watch, chromium, context_of, open_page, running_demo
from tests.browser.stage import Stage, running_stage

# Generous: a machine may be busy.
expect.set_options(timeout=40_000)

FLAGS = [
    # Debian's runs as root too, without a sandbox of its own.
    "--no-sandbox",
    # It plays a microphone, lets everybody use it, and finds a way between two pages of one machine.
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--allow-loopback-in-peer-connection",
]
FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Lets a test's fixtures know whether it failed."""
    report = yield
    if report.when == "call":
        item.stash[FAILED] = report.failed
    return report


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Debian's Chromium. It ends with this package: while it runs, no other test of the process can have a loop."""
    found = chromium()
    if found is None and os.environ.get("CI") != "true":
        pytest.skip("there is no Chromium on this machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def demo() -> Iterator[Demo]:
    with running_demo() as demo:
        yield demo


@pytest.fixture(scope="package")
def stage() -> Iterator[Stage]:
    """For tests that leave it as it was: of the carrier, of the clock, and of what all campaigns share."""
    with running_stage() as stage:
        for name, effect in (("Sold", "FINAL"), ("Call back", "CALLBACK")):
            stage.admin.send("POST", "/v1/dispositions", {"name": name, "effect": effect})
        stage.admin.send("POST", "/v1/dispositions", {"name": "No word", "effect": "FINAL", "default": True})
        yield stage


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core, one of the console's locked packages."""
    subprocess.run([sys.executable, "tools/console.py", "packages"], cwd=ROOT, check=True)
    return (ROOT / "console/node_modules/axe-core/axe.min.js").read_text()


@pytest.fixture
def watch(demo: Demo) -> Iterator[Watch]:
    """Nothing goes wrong unnoticed on the pages of a test."""
    watching = Watch(demo.address.partition("://")[2])
    yield watching
    assert watching.wrong == []


Opened = Callable[..., Page]


@pytest.fixture
def opened(
    request: pytest.FixtureRequest, browser: Browser, demo: Demo, watch: Watch, tmp_path: Path
) -> Iterator[Opened]:
    """Opens a path as somebody: the administrator, unless another account is given. What fails leaves pictures."""
    contexts: list[BrowserContext] = []

    def open_as(path: str, account: Account | None = demo.admin, **looks: Any) -> Page:
        context = context_of(browser, demo, account, **looks)
        context.on("page", watch.over)
        contexts.append(context)
        return open_page(context, path)

    yield open_as
    pages = [page for context in contexts for page in context.pages]
    if request.node.stash.get(FAILED, False):
        for number, page in enumerate(pages):
            picture = tmp_path / f"page-{number}.png"
            page.screenshot(path=picture, full_page=True)
            request.node.add_report_section("teardown", "page", f"{page.url}: {picture}")
    for context in contexts:
        context.close()


@pytest.fixture
def seen(opened: Opened, axe: str) -> Iterator[Opened]:
    """Opens pages which have no barrier at the end of the test."""
    pages: list[Page] = []

    def see(path: str, account: Account | None = None) -> Page:
        pages.append(opened(path, account) if account else opened(path))
        return pages[-1]

    yield see
    for page in pages:
        page.evaluate(axe)
        assert page.evaluate(AXE) == []
