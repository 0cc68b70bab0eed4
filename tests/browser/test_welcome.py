"""One-time links in a browser: of the first administrator of a new installation, and of a user who gets a password."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.acceptance.outdial_process import fresh_home
from tests.browser.console import PASSWORD, Demo, Watch


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context()
    yield context.new_page()
    context.close()


def test_the_first_administrator_says_who_they_are_and_is_signed_in(browser: Browser, page: Page) -> None:
    with fresh_home() as home:
        up = home.up()
        try:
            (link,) = re.findall(r"/console/welcome#(\S+)", up.stderr)
            watch = Watch(up.address.partition("://")[2])
            watch.over(page)
            page.goto(f"{up.address}/console/welcome#{link}")
            page.get_by_label("Name", exact=True).fill("Root")
            page.get_by_label("E-mail").fill("root@example.com")
            page.get_by_label("New password").fill(PASSWORD)
            page.get_by_label("The same again").fill(PASSWORD)
            page.get_by_role("button", name="Save and sign in").click()
            expect(page.get_by_text("Root", exact=True).first).to_be_visible()
            expect(page).to_have_url(f"{up.address}/console/campaigns")
            assert watch.wrong == []
        finally:
            up.stop()


def test_a_user_chooses_a_password_by_the_link_they_were_given(demo: Demo, page: Page, watch: Watch) -> None:
    user = demo.admin.send("POST", "/v1/users", {"name": "Vera Lind", "email": "vera@example.com"})
    demo.admin.send("PUT", f"/v1/users/{user['id']}/role", {"role": "viewer"})
    link = demo.admin.send("POST", f"/v1/users/{user['id']}/password-link")["href"]
    watch.over(page)
    page.goto(link)
    expect(page.get_by_text("Choose a password for Vera Lind.")).to_be_visible()
    page.get_by_label("New password").fill(PASSWORD)
    page.get_by_label("The same again").fill(PASSWORD)
    page.get_by_role("button", name="Save and sign in").click()
    expect(page.get_by_text("Vera Lind", exact=True).first).to_be_visible()
