"""One demo and one Chromium for all tests of the console, and a fresh window for each."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.browser.console import ROOT, Account, Demo, Watch, chromium, context_of, open_page, running_demo

# Generous: a machine may be busy.
expect.set_options(timeout=40_000)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium. It ends with its module: while it runs, no other test of the process can have a loop."""
    found = chromium()
    if found is None and os.environ.get("CI") != "true":
        pytest.skip("there is no Chromium on this machine")
    with sync_playwright() as playwright:
        # Debian's runs as root too, without a sandbox of its own.
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def demo() -> Iterator[Demo]:
    with running_demo() as demo:
        yield demo


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
def opened(browser: Browser, demo: Demo, watch: Watch) -> Iterator[Opened]:
    """Opens a path as somebody: the administrator, unless another account is given."""
    contexts: list[BrowserContext] = []

    def open_as(path: str, account: Account | None = demo.admin, **looks: Any) -> Page:
        context = context_of(browser, demo, account, **looks)
        context.on("page", watch.over)
        contexts.append(context)
        return open_page(context, path)

    yield open_as
    for context in contexts:
        context.close()
