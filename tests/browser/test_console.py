"""The console in a browser, against a demo at work. Every page is watched: no error, no refusal, no other host."""

import re
from collections.abc import Callable
from dataclasses import dataclass

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.console import (
    AXE,
    Demo,
    Watch,
    begin_to_watch,
    changed_twice,
    changes_twice,
    context_of,
    open_page,
    pages_of,
)

Opened = Callable[..., Page]


@dataclass(frozen=True)
class Looked:
    """What was found on a page: barriers in light and in dark colours, and the widths of a window that it overflows."""

    light: list[str]
    dark: list[str]
    too_wide: list[int]


@pytest.fixture(scope="module")
def looked_at(browser: Browser, demo: Demo, axe: str) -> dict[str, Looked]:
    """Every page of the supervisors, each loaded once and then looked at in every way."""
    watch = Watch(demo.address.partition("://")[2])
    found = {}
    with context_of(browser, demo, demo.admin) as context:
        context.on("page", watch.over)
        page = open_page(context, "campaigns")
        for name, path in pages_of(demo).items():
            page.goto(path)
            page.locator("h1").wait_for()
            expect(page.locator(".skeleton")).to_have_count(0)
            page.evaluate(axe)
            light = page.evaluate(AXE)
            page.emulate_media(color_scheme="dark")
            dark = page.evaluate(AXE)
            page.emulate_media(color_scheme="light")
            found[name] = Looked(light, dark, [width for width in (390, 1920) if overflows(page, width)])
            page.set_viewport_size({"width": 1440, "height": 900})
    assert watch.wrong == []
    return found


def overflows(page: Page, width: int) -> bool:
    page.set_viewport_size({"width": width, "height": 900})
    wide: bool = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    return wide


class TestAPage:
    @pytest.mark.parametrize("colours", ["light", "dark"])
    def test_has_no_barrier_in_any_colours(self, colours: str, looked_at: dict[str, Looked]) -> None:
        assert {name: found for name, one in looked_at.items() if (found := getattr(one, colours))} == {}

    def test_fits_a_window_of_390_and_one_of_1920_pixels(self, looked_at: dict[str, Looked]) -> None:
        assert {name: one.too_wide for name, one in looked_at.items() if one.too_wide} == {}


class TestTheLiveDashboard:
    def test_is_live_and_shows_what_the_server_counts(self, opened: Opened, demo: Demo) -> None:
        campaign = demo.campaign()
        page = opened(f"campaigns/{campaign['id']}/live")
        expect(page.locator("[data-phase=live]")).to_be_visible()
        changes_twice(page, "[data-phase=live]")
        changes_twice(page, "[data-figure=in-flight]")
        expect(page.get_by_text("Running", exact=True)).to_be_visible()
        total = demo.snapshot(f"campaign:{campaign['id']}")["records"]["total"]
        expect(page.get_by_text(f"of {total:,} records final")).to_be_visible()

    def test_stands_still_when_it_is_frozen(self, opened: Opened, demo: Demo) -> None:
        page = opened(f"campaigns/{demo.campaign()['id']}/live")
        changes_twice(page, "[data-phase=live]")
        page.get_by_role("button", name="Freeze view").click()
        figure = page.locator("[data-figure=in-flight]").text_content()
        changes_twice(page, "[data-phase=live]")
        assert page.locator("[data-figure=in-flight]").text_content() == figure
        page.get_by_role("button", name="Follow again").click()
        changes_twice(page, "[data-figure=in-flight]")

    def test_polls_where_the_socket_is_refused(self, opened: Opened, demo: Demo) -> None:
        page = opened("callbacks")
        page.route_web_socket("**/v1/console/stream", lambda socket: socket.close())
        page.goto(f"campaigns/{demo.campaign()['id']}/live")
        expect(page.locator("[data-phase=polling]")).to_be_visible()
        expect(page.get_by_role("heading", name="Outcomes since the start")).to_be_visible()

    def test_is_live_in_nine_tabs(self, opened: Opened, demo: Demo) -> None:
        first = opened(f"campaigns/{demo.campaign()['id']}/live")
        tabs = [first, *(first.context.new_page() for _ in range(8))]
        for tab in tabs[1:]:
            tab.goto(first.url)
        for tab in tabs:
            expect(tab.locator("[data-phase=live]")).to_be_visible()
            begin_to_watch(tab, "[data-phase=live]")
        for tab in tabs:
            changed_twice(tab)
            assert (
                tab.evaluate("fetch('../v1/campaigns/' + location.pathname.split('/')[3]).then((one) => one.status)")
                == 200
            )


def test_a_viewer_sees_no_buttons_that_change_things(opened: Opened, demo: Demo) -> None:
    viewer = demo.account("viewer")
    page = opened("campaigns", viewer)
    expect(page.get_by_role("link", name="Demo: open all week")).to_be_visible()
    expect(page.get_by_role("link", name="Create campaign")).to_have_count(0)
    expect(page.get_by_role("button", name=re.compile("Pause|Start"))).to_have_count(0)
    page.goto("campaigns/new")
    expect(page.get_by_text("lacks the right “campaigns:write”")).to_be_visible()


def test_a_role_reaches_what_it_may_and_is_told_what_it_lacks(opened: Opened, demo: Demo, watch: Watch) -> None:
    for role, path, right in (
        ("supervisor", "settings/clients", "clients:manage"),
        ("viewer", "settings/webhooks", "record-lists:manage"),
        ("viewer", "campaigns/new", "campaigns:write"),
        ("agent", "campaigns", "campaigns:read"),
        ("agent", "settings/users", "campaigns:read"),
    ):
        page = opened(path, demo.account(role))
        expect(page.get_by_text(right)).to_be_visible()
        expect(page.get_by_role("main").get_by_role("button")).to_have_count(0)
        page.context.close()
    agent = demo.account("agent").api
    refused = [agent.get("/campaigns"), agent.get("/v1/clients"), agent.delete(f"/campaigns/{demo.campaign()['id']}")]
    assert [answer.status_code for answer in refused] == [403, 403, 403]


def test_a_trunk_is_drained_and_taken_back(opened: Opened, demo: Demo) -> None:
    page = opened("settings/health")
    row = page.get_by_role("row", name="simulated")
    expect(row).to_contain_text("Takes calls")
    row.get_by_role("button", name="Drain").click()
    question = page.get_by_role("alertdialog", name="Drain simulated?")
    expect(question).to_contain_text("until it is taken back")
    question.get_by_role("button", name="Drain").click()
    try:
        expect(row).to_contain_text(re.compile("calls? left|Drained"))
        row.get_by_role("button", name="Take back").click()
        page.get_by_role("alertdialog").get_by_role("button", name="Take back").click()
        expect(row).to_contain_text("Takes calls")
    finally:
        [trunk] = demo.admin.get("/v1/trunks")["_embedded"]["trunks"]
        demo.admin.send("POST", f"/v1/trunks/{trunk['id']}/resume")
    looking = opened("settings/health", demo.account("supervisor"))
    expect(looking.get_by_role("row", name="simulated")).to_contain_text("Takes calls")
    expect(looking.get_by_role("button", name="Drain")).to_have_count(0)


def test_a_program_is_let_in_its_secret_is_shown_once_and_it_is_revoked(opened: Opened, demo: Demo) -> None:
    page = opened("settings/clients")
    page.get_by_label("Name", exact=True).fill("Browser's CRM")
    page.get_by_label("campaigns:read").check()
    page.get_by_role("button", name="Make it").click()
    dialog = page.get_by_role("dialog", name="The secret of Browser's CRM")
    expect(dialog.locator("code")).to_have_count(2)
    client_id, secret = dialog.locator("code").all_text_contents()
    form = {"grant_type": "client_credentials"}
    assert httpx.post(f"{demo.address}/oauth/token", data=form, auth=(client_id, secret)).status_code == 200
    dialog.get_by_role("button", name="Close").click()
    expect(page.get_by_text(secret)).to_have_count(0)
    row = page.get_by_role("row", name="Browser's CRM")
    expect(row).to_contain_text("with a secret")
    row.get_by_role("button", name="Revoke").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Revoke").click()
    expect(row).to_contain_text("revoked")
    assert httpx.post(f"{demo.address}/oauth/token", data=form, auth=(client_id, secret)).status_code == 401


def test_the_other_language_is_spoken_everywhere(opened: Opened) -> None:
    page = opened("campaigns")
    page.get_by_role("button", name="Demo, administrator").click()
    page.get_by_role("menuitem", name="Language").click()
    expect(page.get_by_role("heading", name="Campanhas")).to_be_visible()
    page.goto("settings/numbers")
    expect(page.get_by_role("heading", name="Definições")).to_be_visible()
    assert page.evaluate("document.documentElement.lang") == "pt"


def test_whoever_made_the_demo_s_campaign_is_named_in_the_audit(demo: Demo) -> None:
    changes = demo.admin.get("/v1/audit", per_page=200)["_embedded"]["changes"]
    assert len(changes) > 0
    assert [change for change in changes if "client_id" not in change] == []
