"""An agent's browser is their phone: it registers, is called, and says what is true of it.

The far side is a registrar of the tests, and another page for the sound.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.acceptance.outdial_process import Home, fresh_home
from tests.browser.console import AXE, PATIENCE, Account, Demo, context_of, enter
from tests.telephony.registrar import Registrar, registrar

PASSWORD = "a secret word"
ANSWERS_ITSELF = "Call-Info: <sip:outdial>;answer-after=0"
SEEN = """
window.connections = [];
const Connection = window.RTCPeerConnection;
window.RTCPeerConnection = class extends Connection {
  constructor(...given) { super(...given); window.connections.push(this); }
};
window.heard = async (connection) => {
  for (const one of (await connection.getStats()).values())
    if (one.type === "inbound-rtp" && one.packetsReceived > 20 && one.totalAudioEnergy > 0) return true;
  return false;
};
"""
FAR_SIDE = """
window.far = new RTCPeerConnection();
window.microphone = () => navigator.mediaDevices.getUserMedia({audio: true});
window.gathered = async (description) => {
  await far.setLocalDescription(description);
  while (far.iceGatheringState !== "complete")
    await new Promise((done) => far.addEventListener("icegatheringstatechange", done, {once: true}));
  return far.localDescription.sdp;
};
"""


class WithPhones(Home):
    """A home whose Asterisk is not there; its phones register with a registrar that is."""

    def __init__(self, folder: Path, url: str) -> None:
        super().__init__(folder)
        self._file = folder / "asterisk.toml"
        node = 'name = "one"\nurl = "http://127.0.0.1:9"\nuser = "outdial"\npassword = "none"'
        phone = f'[[browser_phones.phone]]\nuser = "bea"\npassword = "{PASSWORD}"'
        self._file.write_text(f'[[node]]\n{node}\n[browser_phones]\nservers = ["{url}"]\n{phone}\n', "utf-8")

    @property
    def environment(self) -> dict[str, str]:
        return super().environment | {"OUTDIAL_ASTERISK_FILE": str(self._file)}


@pytest.fixture(scope="module")
def server() -> Iterator[Registrar]:
    with registrar("bea", PASSWORD) as made:
        yield made


@pytest.fixture(scope="module")
def site(server: Registrar) -> Iterator[Demo]:
    """Outdial with an agent whose phone is their browser, and another one without a phone."""
    with fresh_home() as home:
        up = WithPhones(home.folder.parent, server.url).up()
        try:
            (link,) = re.findall(r"/console/welcome#(\S+)", up.stderr)
            made = Demo(up.address, enter(up.address, link, name="Root", email="root@example.com"))
            user = made.account("agent").get("/v1/login")["user"]["id"]
            made.admin.send("POST", "/v1/phone-agents", {"user_id": user, "address": "sip:bea@pbx.example.com"})
            yield made
        finally:
            up.stop()


@dataclass(frozen=True)
class Desk:
    page: Page

    @property
    def phone(self) -> Locator:
        return self.page.get_by_role("region", name="Phone")

    def says(self, phase: str) -> None:
        expect(self.phone.locator("[data-phase]")).to_have_attribute("data-phase", phase)

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def lose_microphone(self) -> None:
        """As when it is pulled out."""
        self.page.evaluate(
            "() => { const {track} = connections[0].getSenders()[0]; window.lost = track.id; track.stop(); }"
        )
        self.page.evaluate("() => { connections[0].getSenders()[0].track.dispatchEvent(new Event('ended')); }")

    @property
    def sign_on(self) -> Locator:
        return self.page.get_by_role("button", name="Sign on", exact=True)


@pytest.fixture
def open_desk(browser: Browser, site: Demo) -> Iterator[Any]:
    contexts = []
    wrong: list[str] = []

    def opened(account: Account) -> Desk:
        context = context_of(browser, site, account)
        context.add_init_script(SEEN)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto("desk")
        return Desk(page)

    yield opened
    for context in contexts:
        context.close()
    assert wrong == []


@pytest.fixture
def desk(open_desk: Any, site: Demo, server: Registrar) -> Iterator[Desk]:
    """The agent's desk, with a phone that is ready."""
    opened: Desk = open_desk(site.account("agent"))
    opened.says("registered")
    assert server.registered.wait(PATIENCE)
    yield opened
    opened.page.goto("about:blank")
    assert server.left.wait(PATIENCE)


@pytest.fixture
def far(browser: Browser, site: Demo) -> Iterator[Page]:
    """Whoever is on the other side of a call: a page with a microphone of its own."""
    context = context_of(browser, site, None)
    page = context.new_page()
    page.add_init_script(SEEN + FAR_SIDE)
    page.goto("login")
    page.evaluate("async () => { for (const one of (await microphone()).getTracks()) far.addTrack(one); }")
    yield page
    context.close()


def offer_of(far: Page) -> str:
    found: str = far.evaluate("async () => gathered(await far.createOffer())")
    return found


def test_a_call_of_the_dialers_is_taken_and_both_sides_hear_each_other(
    desk: Desk, server: Registrar, far: Page
) -> None:
    expect(desk.sign_on).to_be_enabled()
    call = server.invite(offer_of(far), ANSWERS_ITSELF)
    far.evaluate("(sdp) => far.setRemoteDescription({type: 'answer', sdp})", call.answered())
    desk.says("onCall")
    far.wait_for_function("() => heard(far)")
    desk.page.wait_for_function("() => heard(connections[0])")

    desk.press("Mute M")
    expect(desk.phone).to_contain_text("Muted")
    assert desk.page.evaluate("connections[0].getSenders()[0].track.enabled") is False
    desk.press("Unmute M")

    desk.press("Hang up the phone")
    call.agree(call.asked("BYE"))
    desk.says("registered")


def test_another_microphone_is_heard_in_the_call_that_there_is(desk: Desk, server: Registrar, far: Page) -> None:
    call = server.invite(offer_of(far), ANSWERS_ITSELF)
    far.evaluate("(sdp) => far.setRemoteDescription({type: 'answer', sdp})", call.answered())
    desk.says("onCall")
    desk.press("Mute M")
    desk.lose_microphone()
    expect(desk.phone).to_contain_text("There is no microphone")
    expect(desk.sign_on).to_be_disabled()
    desk.press("Try again")
    expect(desk.phone).not_to_contain_text("microphone")
    heard = "() => { const {track} = connections[0].getSenders()[0]; return [track !== lost, track.enabled]; }"
    assert desk.page.evaluate(heard) == [True, False], "another one, and muted as before"
    call.ask("BYE")
    desk.says("registered")


def test_who_loses_the_microphone_gets_no_calls_until_they_have_one_again(
    desk: Desk, server: Registrar, far: Page, site: Demo
) -> None:
    call = server.invite(offer_of(far), ANSWERS_ITSELF)
    far.evaluate("(sdp) => far.setRemoteDescription({type: 'answer', sdp})", call.answered())
    desk.says("onCall")
    desk.sign_on.click()
    expect(desk.page.get_by_role("heading", name="Waiting for a call")).to_be_visible()
    desk.lose_microphone()
    expect(desk.page.get_by_role("heading", name="On pause: the microphone was lost")).to_be_visible()
    expect(desk.page.get_by_text("press “Try again” at the phone above")).to_be_visible()
    (seen,) = site.admin.get("/v1/agents")["agents"]
    assert (seen["state"], seen["reason"]) == ("paused", "microphone_lost")
    ready = desk.page.get_by_role("button", name="Ready for calls")
    expect(ready).to_be_disabled()
    desk.press("Try again")
    expect(ready).to_be_enabled()
    ready.click()
    expect(desk.page.get_by_role("heading", name="Waiting for a call")).to_be_visible()
    desk.press("Sign off")
    expect(desk.sign_on).to_be_visible()
    call.ask("BYE")
    desk.says("registered")


def test_the_phone_has_no_barrier(desk: Desk, axe: str) -> None:
    desk.page.evaluate(axe)
    assert desk.page.evaluate(AXE) == []


def test_whoever_else_calls_has_to_be_let_in(desk: Desk, server: Registrar, far: Page) -> None:
    call = server.invite(offer_of(far))
    desk.says("ringing")
    expect(desk.phone).to_contain_text("outdial calls this phone")
    desk.press("Reject")
    assert call.final().code >= 400
    desk.says("registered")


def test_a_call_that_the_far_side_ends_is_over(desk: Desk, server: Registrar, far: Page) -> None:
    call = server.invite(offer_of(far))
    desk.press("Answer")
    call.answered()
    call.ask("BYE")
    assert call.final().code == 200
    desk.says("registered")


def test_a_phone_that_is_lost_or_refused_is_told_and_nobody_can_be_ready_with_it(desk: Desk, server: Registrar) -> None:
    server.refuses = True
    server.drop()
    desk.says("failed")
    expect(desk.phone).to_contain_text("403")
    expect(desk.sign_on).to_be_disabled()
    server.refuses = False
    server.drop()
    desk.says("registered")
    expect(desk.sign_on).to_be_enabled()


def test_a_desk_without_a_phone_goes_on_as_before(open_desk: Any, site: Demo) -> None:
    desk: Desk = open_desk(site.account("supervisor"))
    expect(desk.sign_on).to_be_enabled()
    expect(desk.phone).to_have_count(0)
