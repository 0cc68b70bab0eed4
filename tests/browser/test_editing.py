"""A campaign in several hands, and a session that ends while somebody types."""

import re
from collections.abc import Callable
from datetime import datetime, time
from zoneinfo import ZoneInfo

from playwright.sync_api import Page, expect

from outdial.domain.calling_hours import CallingHours
from outdial.domain.campaigns import CallingWindow, WeekDay
from tests.api.conftest import a_campaign, a_strategy
from tests.browser.console import AXE, PASSWORD, Demo, Watch

Opened = Callable[..., Page]


def test_what_two_change_at_once_is_merged_and_the_audit_has_both(opened: Opened, demo: Demo, watch: Watch) -> None:
    watch.expected.add(412)
    made = demo.admin.send("POST", "/campaigns", {"name": "In two hands"})
    path, other = f"/v1/campaigns/{made['id']}", demo.account("supervisor")
    page = opened(f"campaigns/{made['id']}/edit")
    page.get_by_label("Priority").fill("2")
    theirs = opened(f"campaigns/{made['id']}/edit", other)
    theirs.get_by_label("Priority").fill("9")
    theirs.get_by_role("button", name="8 Review").click()
    theirs.get_by_role("button", name="Save").click()
    expect(theirs.get_by_role("heading", name="In two hands")).to_be_visible()
    expect(theirs).to_have_url(re.compile("/live$"))
    page.get_by_label("Name", exact=True).fill("In my hands")
    page.get_by_role("button", name="8 Review").click()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Somebody else has changed this campaign")).to_be_visible()
    page.get_by_label("Take: Priority").select_option("Theirs")
    page.get_by_role("button", name="Merge and go on").click()
    expect(page.get_by_label("Priority")).to_have_value("9")
    page.get_by_role("button", name="8 Review").click()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="In my hands")).to_be_visible()
    saved = demo.admin.get(path)
    assert (saved["name"], saved["priority"]) == ("In my hands", 9)
    changes = demo.admin.get(f"{path}/audit", action="changed")["_embedded"]["changes"]
    # Whoever saves first also writes down what the wizard presumes.
    mine, first = (set(one["fields"]) for one in changes)
    assert (mine, "priority" in first, "name" in first) == ({"name"}, True, False)
    assert len({one["user_id"] for one in changes}) == 2


def test_a_session_that_ends_while_somebody_types_loses_nothing(opened: Opened, demo: Demo, watch: Watch) -> None:
    watch.expected.add(401)
    page = opened("campaigns/new", demo.account("supervisor"))
    page.get_by_label("Name", exact=True).fill("Typed before the session ended")
    page.get_by_role("button", name="8 Review").click()
    create = page.get_by_role("button", name="Create campaign").element_handle()
    page.context.clear_cookies()
    create.evaluate("button => button.click()")
    layer = page.get_by_role("alertdialog", name="Your session has ended")
    expect(layer).to_be_visible()
    assert demo.admin.get("/campaigns", name="Typed before the session ended")["total"] == 0
    layer.get_by_label("Password").fill(PASSWORD)
    layer.get_by_role("button", name="Sign in").click()
    expect(layer).to_have_count(0)
    # What was asked for goes on by itself.
    expect(page.get_by_role("heading", name="Typed before the session ended")).to_be_visible()
    assert demo.admin.get("/campaigns", name="Typed before the session ended")["total"] == 1


def test_the_hours_preview_says_what_the_dialer_would_decide_in_a_contacts_zone(opened: Opened, demo: Demo) -> None:
    # Open for some hours around now in one zone, and so closed at the other side of the world: far from any edge.
    there, far = ZoneInfo("Asia/Kathmandu"), ZoneInfo("Pacific/Honolulu")
    # The demo's clock, which runs faster than ours.
    now = datetime.fromisoformat(
        demo.admin.get("/v1/console/snapshot", topic=f"campaign:{demo.campaign()['id']}")["ts"]
    )
    hour = now.astimezone(there).hour
    window = CallingWindow(time((hour - 3) % 24), time((hour + 6) % 24), tuple(WeekDay))
    week = [day.value for day in window.week_days]
    weekly = {"from": window.start.isoformat(), "to": window.to.isoformat(), "week_days": week}
    campaign = a_campaign(name="Hours of Kathmandu", dialing_strategy=a_strategy(calling_hours=[weekly]))
    made = demo.admin.send("POST", "/campaigns", campaign)
    page = opened(f"campaigns/{made['id']}/edit")
    page.get_by_role("button", name=re.compile("^3 ")).click()
    hours = CallingHours((window,))
    for zone in (there, far):
        decided = hours.opening((zone.key,), now)
        assert decided.until is not None
        page.get_by_label("Seen from the time zone").fill(zone.key)
        until = decided.until.astimezone(zone)
        word = "open" if decided.is_open else "closed"
        expect(page.locator("[data-hours-preview]")).to_have_text(re.compile(f"{word} until .*{until:%H:%M}"))


def test_a_campaign_starts_from_a_template_of_hours_and_stays_when_that_is_changed(
    opened: Opened, demo: Demo, watch: Watch
) -> None:
    watch.expected.add(412)
    page = opened("settings/hours")
    page.get_by_role("button", name="New template").click()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("A template needs a name.")
    page.get_by_label("Name of the template").fill("Evenings")
    page.get_by_label("Monday: from 1").fill("17:00")
    page.get_by_label("Monday: to 1").fill("20:00")
    page.get_by_role("button", name="Monday's hours for Tuesday to Friday").click()
    page.get_by_label("No calls on public holidays of").press_sequentially("pt de-by")
    page.get_by_role("button", name="Save").click()
    row = page.get_by_role("row", name=re.compile("^Evenings"))
    expect(row).to_contain_text("Mon, Tue, Wed, Thu, Fri 17:00–20:00")
    expect(row).to_contain_text("closed on public holidays of PT, DE-BY")

    page.goto("campaigns/new")
    page.get_by_label("Name", exact=True).fill("In the evenings")
    page.get_by_role("button", name="3 Calling hours").click()
    expect(page.get_by_text("A later change of the template does not change this campaign.")).to_be_visible()
    page.get_by_label("Start from a template").select_option("Evenings")
    page.get_by_role("button", name="Copy its hours").click()
    expect(page.get_by_label("Friday: from 1")).to_have_value("17:00")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_label("Friday: from 1")).to_have_value("09:00")
    page.get_by_role("button", name="Undo").click()
    page.get_by_label("Friday: to 1").fill("21:00")
    page.get_by_role("button", name="Save these hours as a template").click()
    dialog = page.get_by_role("dialog", name="Save these hours as a template")
    dialog.get_by_label("Name of the template").fill("Long Fridays")
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_text("“Long Fridays” is a template now.")).to_be_visible()
    page.get_by_role("button", name="8 Review").click()
    page.get_by_role("button", name="Create campaign").click()
    expect(page.get_by_role("heading", name="In the evenings")).to_be_visible()
    campaign = f"/v1/campaigns/{page.url.split('/')[-2]}"
    evenings, fridays = demo.admin.get("/v1/hour-templates")["_embedded"]["hour_templates"]
    began = demo.admin.get(campaign)
    assert (evenings["name"], fridays["name"]) == ("Evenings", "Long Fridays")
    assert began["dialing_strategy"]["calling_hours"] == fridays["calling_hours"] != evenings["calling_hours"]
    assert began["holidays"] == fridays["holidays"] == ["PT", "DE-BY"]

    page.goto("settings/hours")
    page.get_by_role("button", name="Edit: Long Fridays").click()
    page.get_by_label("Name of the template").fill("Fridays")
    demo.admin.send("PUT", f"/v1/hour-templates/{fridays['id']}", evenings | {"name": "Long Fridays"})
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Somebody else has changed this template")).to_be_visible()
    page.get_by_role("button", name="Merge and go on").click()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("row", name=re.compile("^Fridays"))).to_contain_text("Fri 17:00–20:00")
    page.get_by_role("button", name="Remove: Evenings").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Remove").click()
    expect(page.get_by_role("row", name=re.compile("^Evenings"))).to_have_count(0)
    assert demo.admin.get(campaign) == began


def test_a_view_of_the_list_is_saved_at_once_comes_back_and_can_be_undone(opened: Opened, demo: Demo, axe: str) -> None:
    page = opened("campaigns?status=RUNNING", demo.account("viewer"))
    views = page.get_by_role("list", name="Saved views")

    def save(name: str) -> None:
        page.get_by_role("button", name="Save this view").click()
        dialog = page.get_by_role("dialog", name="Save this view")
        dialog.get_by_label("Name of the view").fill(name)
        dialog.get_by_role("button", name="Save").click()

    save("At work")
    expect(page.get_by_text("The view “At work” is saved.")).to_be_visible()
    page.get_by_label("Name contains").fill("demo")
    save("Demos at work")
    page.goto("campaigns")
    views.get_by_role("link", name="Demos at work").click()
    expect(page).to_have_url(re.compile(r"/campaigns\?name=demo&status=RUNNING$"))
    expect(page.get_by_label("Name contains")).to_have_value("demo")
    expect(views.get_by_role("link", name="Demos at work")).to_have_attribute("aria-current", "true")
    page.get_by_label("Name contains").fill("nothing of the kind")
    save("At work")
    expect(page.get_by_text("The view “At work” has these filters now.")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    views.get_by_role("link", name="At work", exact=True).click()
    expect(page).to_have_url(re.compile(r"/campaigns\?status=RUNNING$"))
    page.get_by_role("button", name="Remove the view At work").click()
    expect(views.get_by_role("listitem")).to_have_count(1)
    expect(page.get_by_role("button", name="Undo")).to_be_focused()
    page.keyboard.press("Enter")
    expect(views.get_by_role("listitem")).to_have_count(2)
    page.evaluate(axe)
    assert page.evaluate(AXE) == []
    page.get_by_role("button", name="Remove the view At work").click()
    page.reload()
    expect(views.get_by_role("listitem")).to_have_count(1)
    page.get_by_role("button", name="Remove the view Demos at work").click()
    expect(views).to_have_count(0)


def test_an_agent_is_given_a_phone_that_is_changed_and_taken_away(opened: Opened, demo: Demo, watch: Watch) -> None:
    watch.expected.add(400)
    user = demo.admin.send("POST", "/v1/users", {"name": "Yara"})["id"]
    page = opened("settings/phones")
    form = page.get_by_role("region", name="Give an agent a phone")
    form.get_by_label("Agent", exact=True).select_option("Yara")
    form.get_by_label("Number or SIP address").fill("the one on the left")
    form.get_by_role("button", name="Add").click()
    expect(form.get_by_text("neither a number")).to_be_visible()
    form.get_by_label("Number or SIP address").fill("sip:yara@pbx.example.com")
    form.get_by_label("How it is called").select_option("Called at sign-on, and stays up")
    form.get_by_role("button", name="Add").click()
    row = page.get_by_role("row", name="Yara")
    expect(row).to_contain_text("Called at sign-on")
    expect(form.get_by_role("option", name="Yara")).to_have_count(0)

    row.get_by_role("button", name="Edit").click()
    dialog = page.get_by_role("dialog", name="The phone of Yara")
    dialog.get_by_label("Number or SIP address").fill("+12025550177")
    dialog.get_by_label("How it is called").select_option("It rings for each call")
    dialog.get_by_role("button", name="Save").click()
    expect(row).to_contain_text("It rings for each call")
    (phone,) = demo.admin.get("/v1/phone-agents", user_id=user)["_embedded"]["phone_agents"]
    assert (phone["address"], phone["mode"]) == ("+12025550177", "ON_DEMAND")

    row.get_by_role("button", name="Remove").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Remove").click()
    expect(row).to_have_count(0)
    assert demo.admin.get("/v1/phone-agents", user_id=user)["total"] == 0


def test_a_campaign_has_detection_and_a_safety_message_of_its_own(opened: Opened, demo: Demo, watch: Watch) -> None:
    watch.expected.add(400)
    made = demo.admin.send("POST", "/campaigns", {"name": "Who answers"})["id"]
    page = opened(f"campaigns/{made}/edit")
    page.get_by_role("button", name="5 Pacing").click()
    page.get_by_role("checkbox", name=re.compile("answering machines")).check()
    page.get_by_label("How machines are told").select_option("Businesses")
    page.get_by_label("Verdicts that an agent checks, %").fill("2.5")
    page.get_by_label("Safety message").fill("The north")
    page.get_by_role("button", name="8 Review").click()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name=re.compile("^5. Pacing"))).to_be_visible()
    expect(page.get_by_label("Safety message")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Safety message").fill("north")
    page.get_by_role("button", name="8 Review").click()
    page.get_by_role("button", name="Save").click()
    expect(page).to_have_url(re.compile("/live$"))
    settings = demo.admin.get(f"/v1/campaigns/{made}")
    assert settings["detection"] == {"profile": "business", "sample_rate": 2.5}
    assert settings["safety_message"] == "north"
