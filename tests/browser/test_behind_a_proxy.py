"""Outdial under a path of another server, where a company's own sign-in is the way in."""

import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from outdial.adapters.clock import WallClock
from tests.api.company import CLIENT_ID, SECRET, Company
from tests.browser.console import AXE, Watch, changes_twice
from tests.browser.proxy import Proxy
from tests.browser.stage import Stage, running_stage


@pytest.fixture(scope="module")
def company() -> Company:
    return Company(WallClock().now())


@pytest.fixture(scope="module")
def proxy() -> Proxy:
    # For a browser `localhost` is another site than `127.0.0.1`, where the company is.
    return Proxy("/dialer", socket.create_server(("127.0.0.1", 0)))


@pytest.fixture(scope="module")
def stage(proxy: Proxy, company: Company) -> Iterator[Stage]:
    companys = socket.create_server(("127.0.0.1", 0))
    settings = {
        "public_url": proxy.address,
        "openid_issuer": f"http://127.0.0.1:{companys.getsockname()[1]}",
        "openid_client_id": CLIENT_ID,
        "openid_client_secret": SECRET,
        "openid_name": "Example Ltd",
    }
    with (
        running_stage(**settings) as stage,
        stage.beside(company.open(companys)),
        stage.beside(proxy.in_front_of(stage.http.address)),
    ):
        user = stage.admin.send("POST", "/v1/users", {"name": "Ana", "email": "ana@example.com"})["id"]
        stage.admin.send("PUT", f"/v1/users/{user}/role", {"role": "supervisor"})
        yield stage


@pytest.fixture
def watch(proxy: Proxy, company: Company, stage: Stage) -> Iterator[Watch]:
    # Nobody is signed in at first.
    watching = Watch(_host(proxy.address), others={_host(company.issuer)}, expected={401})
    yield watching
    assert watching.wrong == []


@pytest.fixture
def page(browser: Browser, watch: Watch, axe: str) -> Iterator[Page]:
    """A window of nobody's, which has no barrier at the end."""
    context = browser.new_context(reduced_motion="reduce")
    page = context.new_page()
    watch.over(page)
    yield page
    page.evaluate(axe)
    assert page.evaluate(AXE) == []
    context.close()


def _host(address: str) -> str:
    return address.split("/")[2]


def sign_in(page: Page) -> None:
    page.get_by_role("link", name="Sign in with Example Ltd").click()


def test_somebody_signs_in_at_their_companys_place_and_is_where_they_wanted_to_go(
    page: Page, proxy: Proxy, stage: Stage
) -> None:
    campaign = stage.campaign("Behind a proxy")
    page.goto(f"{proxy.address}/console/campaigns/{campaign.id}/live")
    sign_in(page)
    expect(page).to_have_url(f"{proxy.address}/console/campaigns/{campaign.id}/live")
    expect(page.get_by_role("heading", name="Behind a proxy")).to_be_visible()
    expect(page.get_by_role("button", name="Ana, supervisor")).to_be_visible()
    expect(page.locator("[data-phase=live]")).to_be_visible()
    changes_twice(page, "[data-phase=live]")
    page.get_by_role("link", name="Records", exact=True).click()
    expect(page).to_have_url(f"{proxy.address}/console/campaigns/{campaign.id}/records")
    expect(page.get_by_role("row", name=re.compile("^Not taken in yet"))).to_be_visible()
    page.reload()
    expect(page.get_by_role("row", name=re.compile("^Not taken in yet"))).to_be_visible()


def test_the_front_door_leads_to_the_console_and_what_is_missing_is_missing(
    page: Page, proxy: Proxy, watch: Watch
) -> None:
    page.goto(f"{proxy.address}/")
    expect(page).to_have_url(f"{proxy.address}/console/")
    watch.expected.add(404)
    assert page.evaluate("fetch('assets/index-of-last-year.js').then((one) => one.status)") == 404


def test_who_is_no_user_here_is_told_so(page: Page, proxy: Proxy, company: Company) -> None:
    company.claims = {"sub": "employee 8", "email": "nobody@example.com"}
    page.goto(f"{proxy.address}/console/")
    sign_in(page)
    expect(page.get_by_text("You may not sign in here that way yet.")).to_be_visible()
    expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
    company.claims = {}


def test_a_console_that_is_not_built_says_how_and_the_api_goes_on(
    page: Page, proxy: Proxy, stage: Stage, watch: Watch, tmp_path: Path
) -> None:
    built, stage.http.app.state.console = stage.http.app.state.console, tmp_path
    watch.expected.add(503)
    page.goto(f"{proxy.address}/console/campaigns")
    expect(page.get_by_role("heading", name="The web console is not built")).to_be_visible()
    expect(page.get_by_text("make console")).to_be_visible()
    assert page.request.get(f"{proxy.address}/openapi.json").status == 200
    stage.http.app.state.console = built
