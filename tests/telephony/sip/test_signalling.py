"""SIP against an independent peer: what a carrier may do to a call, and what must come of it on the wire.

sipp checks what we send: it ends with an error when a message comes that its steps do not expect.
"""

import asyncio
from pathlib import Path

import pytest

from outdial.adapters.telephony.sip.dialogs import Changed, LegState, Over, Progress, Up
from outdial.adapters.telephony.sip.digest import Credentials
from outdial.adapters.telephony.sip.sdp import BOTH, describe, read
from outdial.adapters.telephony.sip.user_agent import Account, Registration
from tests.telephony.sip.conftest import Phone
from tests.telephony.sipp import (
    CONTACT,
    REMEMBER,
    answer,
    answer_inside,
    ask,
    described,
    free_port,
    needs_sipp,
    pause,
    receive,
    sipp,
)

pytestmark = needs_sipp

ANSWERED = answer("200 OK", CONTACT, sdp=described())
WHO = Credentials("dialer", "s3cret")
VERIFY = '<verifyauth assign_to="right" username="dialer" password="s3cret"/>'
"""sipp works the digest out for itself; `right` decides the step that follows."""


def unless_right(status: str = "403 Forbidden") -> str:
    """Goes on at `right` when the credentials were, and else refuses, which fails the test."""
    return f'<nop next="right" test="right"/>{answer(status)}<label id="right"/>'


async def test_an_answered_call_that_we_hang_up(phone: Phone, tmp_path: Path) -> None:
    steps = [receive("INVITE"), answer("180 Ringing", CONTACT), ANSWERED, receive("ACK"), receive("BYE")]
    with sipp(tmp_path, *steps, answer_inside("200 OK")) as peer:
        leg = phone.call(peer)
        up = await phone.hears(Up)
        assert read(up.description, BOTH).port == peer.sound
        leg.hang_up()
        assert phone.heard == [Progress(180, b""), up, Over(200)], (
            "the end is at once: nobody waits for the BYE's answer"
        )
        await peer.done()
        await phone.is_gone()


async def test_the_reason_for_a_hangup_of_the_far_side_is_kept(phone: Phone, tmp_path: Path) -> None:
    bye = ask("BYE", 7, 'Reason: SIP;cause=200;text="x", Q.850;cause=31;text="line, out of order"')
    with sipp(tmp_path, receive("INVITE", REMEMBER), ANSWERED, receive("ACK"), bye, receive(200)) as peer:
        phone.call(peer)
        assert await phone.hears(Over) == Over(200, 31, "line, out of order", by_far_side=True)
        await peer.done()
        await phone.is_gone()


@pytest.mark.parametrize(
    ("status", "reason", "expected"),
    [
        ("486 Busy Here", 'Reason: Q.850;cause=17;text="User busy"', Over(486, 17, "User busy")),
        ("404 Not Found", "Reason: Q.850 ;text=none; cause=1", Over(404, 1, "Not Found")),
        ("503 Service Unavailable", "Retry-After: 5 (busy hour)", Over(503, None, "Service Unavailable", False, 5.0)),
    ],
)
async def test_a_refusal_is_told_with_all_that_the_carrier_said(
    phone: Phone, tmp_path: Path, status: str, reason: str, expected: Over
) -> None:
    with sipp(tmp_path, receive("INVITE"), answer(status, reason), receive("ACK")) as peer:
        phone.call(peer)
        assert await phone.hears(Over) == expected
        await peer.done()
        await phone.is_gone()


async def test_the_ack_of_an_error_goes_where_the_invite_went_whatever_its_contact(
    phone: Phone, tmp_path: Path
) -> None:
    elsewhere = f"Contact: <sip:nobody@127.0.0.1:{free_port()}>"
    with sipp(tmp_path, receive("INVITE"), answer("486 Busy Here", elsewhere), receive("ACK")) as peer:
        phone.call(peer)
        await phone.hears(Over)
        await peer.done()


async def test_messages_leave_in_the_order_they_were_made(phone: Phone, tmp_path: Path) -> None:
    """The far side asks twice inside the dialog in one breath; both answers come, and in their order."""
    steps = [receive("INVITE", REMEMBER), ANSWERED, receive("ACK"), ask("OPTIONS", 5), receive(200), ask("INFO", 6)]
    with sipp(tmp_path, *steps, receive(200), ask("BYE", 7), receive(200)) as peer:
        phone.call(peer)
        await phone.hears(Over)
        await peer.done()


async def test_the_ack_of_an_answer_is_out_before_the_bye_that_follows_at_once(phone: Phone, tmp_path: Path) -> None:
    with sipp(tmp_path, receive("INVITE"), ANSWERED, receive("ACK"), receive("BYE"), answer_inside("200 OK")) as peer:
        leg = phone.call(peer)
        leg.give_up()  # no provisional response: the CANCEL has to wait, and the answer is first
        await phone.hears(Over)
        await peer.done()
        await phone.is_gone()


# Giving up ----------------------------------------------------------------------------------------------------------


CANCELLED = [answer_inside("200 OK"), answer("487 Request Terminated", cseq="CSeq: [$cseq] INVITE"), receive("ACK")]


async def test_a_cancelled_call_says_what_the_carrier_made_of_it(phone: Phone, tmp_path: Path) -> None:
    steps = [receive("INVITE", REMEMBER), answer("180 Ringing", CONTACT), receive("CANCEL"), *CANCELLED]
    with sipp(tmp_path, *steps) as peer:
        leg = phone.call(peer)
        await phone.hears(Progress)
        leg.give_up()
        assert await phone.hears(Over) == Over(487, None, "Request Terminated")
        await peer.done()
        await phone.is_gone()


async def test_a_cancel_waits_for_a_sign_of_life(phone: Phone, tmp_path: Path) -> None:
    steps = [receive("INVITE", REMEMBER), pause(300), answer("100 Trying"), receive("CANCEL"), *CANCELLED]
    with sipp(tmp_path, *steps) as peer:
        leg = phone.call(peer)
        leg.give_up()
        await phone.hears(Over)
        await peer.done()


CROSSING = [
    receive("INVITE", REMEMBER),
    answer("180 Ringing", CONTACT),
    receive("CANCEL"),
]
LATE = [answer("200 OK", CONTACT, cseq="CSeq: [$cseq] INVITE", sdp=described()), receive("ACK"), receive("BYE")]


@pytest.mark.parametrize("answer_of_cancel", ["200 OK", "481 Call/Transaction Does Not Exist"])
async def test_an_answer_that_crosses_our_cancel_is_acknowledged_hung_up_and_known(
    phone: Phone, tmp_path: Path, answer_of_cancel: str
) -> None:
    with sipp(tmp_path, *CROSSING, answer_inside(answer_of_cancel), *LATE, answer_inside("200 OK")) as peer:
        leg = phone.call(peer)
        await phone.hears(Progress)
        leg.give_up()
        over = await phone.hears(Over)
        assert leg.answered_late
        assert over.status == 200
        await peer.done()
        await phone.is_gone()


async def test_an_answer_that_crosses_our_cancel_can_be_taken(phone: Phone, tmp_path: Path) -> None:
    with sipp(tmp_path, *CROSSING, answer_inside("200 OK"), *LATE, answer_inside("200 OK")) as peer:
        leg = phone.call(peer)
        await phone.hears(Progress)
        leg.give_up(keep_if_answered=True)
        await phone.hears(Up)
        assert leg.state is LegState.UP
        leg.hang_up()
        await peer.done()


# Silence ------------------------------------------------------------------------------------------------------------


async def test_a_dead_port_is_found_out_in_our_own_time(phone: Phone) -> None:
    phone.call_address(("127.0.0.1", free_port()), anything_within=0.3)
    assert await phone.hears(Over) == Over(None, None, "the far side does not answer")
    await phone.is_gone()


async def test_whoever_answers_after_we_counted_them_as_dead_is_not_left_alone(phone: Phone, tmp_path: Path) -> None:
    steps = [receive("INVITE"), pause(600), ANSWERED, receive("ACK"), receive("BYE"), answer_inside("200 OK")]
    with sipp(tmp_path, *steps) as peer:
        phone.call(peer, anything_within=0.3)
        assert (await phone.hears(Over)).status is None
        await peer.done()
        await phone.is_gone()
        assert len(phone.heard) == 1


async def test_a_lost_invite_is_sent_again(phone: Phone, tmp_path: Path) -> None:
    steps = [receive("INVITE"), receive("INVITE"), answer("486 Busy Here"), receive("ACK")]
    with sipp(tmp_path, *steps, options=["-nr"]) as peer:
        phone.call(peer)
        assert (await phone.hears(Over)).status == 486
        await peer.done()


async def test_an_answer_that_is_repeated_is_acknowledged_again(phone: Phone, tmp_path: Path) -> None:
    again = answer("200 OK", CONTACT, cseq="CSeq: [$cseq] INVITE", sdp=described()).replace("[last_Via:]", "Via:[$via]")
    steps = [receive("INVITE", REMEMBER), ANSWERED, receive("ACK"), again, receive("ACK"), receive("BYE")]
    with sipp(tmp_path, *steps, answer_inside("200 OK"), options=["-nr"]) as peer:
        leg = phone.call(peer)
        await phone.hears(Up)
        phone.agent.endpoint.loop.call_later(0.3, leg.hang_up)
        await peer.done()
        await phone.is_gone()
        assert [type(event) for event in phone.heard] == [Up, Over]


async def test_a_bye_that_nobody_answers_ends_the_call_at_once_and_is_forgotten_in_time(
    phone: Phone, tmp_path: Path
) -> None:
    steps = [receive("INVITE"), ANSWERED, receive("ACK"), receive("BYE"), receive("BYE"), receive("BYE")]
    with sipp(tmp_path, *steps, options=["-nr"]) as peer:
        leg = phone.call(peer)
        await phone.hears(Up)
        leg.hang_up()
        assert phone.heard[-1] == Over(200)
        await peer.done()
        await phone.is_gone()


# Credentials --------------------------------------------------------------------------------------------------------


def challenge(status: str, nonce: str, *, more: str = ', qop="auth"') -> str:
    header = "WWW-Authenticate" if status.startswith("401") else "Proxy-Authenticate"
    return answer(status, f'{header}: Digest realm="carrier", nonce="{nonce}", algorithm=MD5{more}')


@pytest.mark.parametrize("more", ["", ', qop="auth", opaque="x"', ', qop="auth,auth-int"'])
async def test_a_challenged_call_is_made_again_with_credentials(phone: Phone, tmp_path: Path, more: str) -> None:
    steps = [receive("INVITE"), challenge("401 Unauthorized", "n1", more=more), receive("ACK")]
    steps += [receive("INVITE", VERIFY), unless_right(), answer("486 Busy Here"), receive("ACK")]
    with sipp(tmp_path, *steps) as peer:
        phone.call(peer, credentials=WHO)
        assert (await phone.hears(Over)).status == 486
        await peer.done()


async def test_a_nonce_that_became_stale_is_no_refusal(phone: Phone, tmp_path: Path) -> None:
    stale = ', qop="auth", stale=true'
    steps = [receive("INVITE"), challenge("407 Proxy Authentication Required", "n1"), receive("ACK")]
    steps += [receive("INVITE"), challenge("407 Proxy Authentication Required", "n2", more=stale), receive("ACK")]
    with sipp(tmp_path, *steps, receive("INVITE"), answer("486 Busy Here"), receive("ACK")) as peer:
        phone.call(peer, credentials=WHO)
        assert (await phone.hears(Over)).status == 486
        await peer.done()


async def test_credentials_that_are_refused_are_not_tried_for_ever(phone: Phone, tmp_path: Path) -> None:
    steps = [receive("INVITE"), challenge("401 Unauthorized", "n1"), receive("ACK")]
    steps += [receive("INVITE"), challenge("401 Unauthorized", "n2"), receive("ACK")]
    with sipp(tmp_path, *steps) as peer:
        phone.call(peer, credentials=WHO)
        assert (await phone.hears(Over)).status == 401
        await peer.done()
        await phone.is_gone()


async def test_a_challenged_bye_is_sent_again_with_credentials(phone: Phone, tmp_path: Path) -> None:
    challenged = challenge("401 Unauthorized", "n1").replace(";tag=[call_number]", "")
    steps = [receive("INVITE"), ANSWERED, receive("ACK"), receive("BYE"), challenged]
    with sipp(tmp_path, *steps, receive("BYE", VERIFY), unless_right(), answer_inside("200 OK")) as peer:
        leg = phone.call(peer, credentials=WHO)
        await phone.hears(Up)
        leg.hang_up()
        await peer.done()
        await phone.is_gone()


async def test_a_registration_is_renewed_before_it_ends_and_taken_back(phone: Phone, tmp_path: Path) -> None:
    granted = answer("200 OK", "[last_Contact:];expires=2")
    steps = [receive("REGISTER"), challenge("401 Unauthorized", "n1"), receive("REGISTER", VERIFY), unless_right()]
    # The second one comes before the two seconds are over: this is how long sipp waits for it.
    steps += [granted, receive("REGISTER", rest='timeout="1800"'), granted, receive("REGISTER"), answer("200 OK")]
    with sipp(tmp_path, *steps) as peer:
        account = Account(peer.address, f"sip:dialer@127.0.0.1:{peer.port}", WHO, seconds=60)
        registration = Registration(phone.agent, account)
        running = asyncio.create_task(registration.run())
        await registration.asked.wait()
        assert registration.registered, registration.trouble
        await asyncio.sleep(1.4)
        running.cancel()
        await peer.done()


async def test_a_registrar_that_refuses_says_so(phone: Phone, tmp_path: Path) -> None:
    with sipp(tmp_path, receive("REGISTER"), answer("403 Forbidden")) as peer:
        registration = Registration(phone.agent, Account(peer.address, "sip:dialer@carrier.example", WHO))
        assert await registration.once(60) is None
        assert registration.trouble == "the registrar answers 403 Forbidden"
        await peer.done()


# Changes of a call --------------------------------------------------------------------------------------------------


async def test_the_far_side_holds_the_call(phone: Phone, tmp_path: Path) -> None:
    hold = ask("INVITE", 5, sdp=described("sendonly"))
    steps = [receive("INVITE", REMEMBER), ANSWERED, receive("ACK"), hold, receive(200), ask("ACK", 5)]
    with sipp(tmp_path, *steps, ask("BYE", 6), receive(200)) as peer:
        phone.call(peer)
        changed = await phone.hears(Changed)
        assert read(changed.description, BOTH).held
        await peer.done()


async def test_we_hold_the_call(phone: Phone, tmp_path: Path) -> None:
    steps = [
        receive("INVITE"),
        ANSWERED,
        receive("ACK"),
        receive("INVITE"),
        answer_inside("200 OK", CONTACT, sdp=described()),
    ]
    with sipp(tmp_path, *steps, receive("ACK"), receive("BYE"), answer_inside("200 OK")) as peer:
        leg = phone.call(peer)
        await phone.hears(Up)
        answers: list[bytes | None] = []

        def answered(description: bytes | None) -> None:
            answers.append(description)
            leg.hang_up()

        leg.change(describe("127.0.0.1", 40_000, codecs=BOTH, session=1, version=2, direction="sendonly"), answered)
        await peer.done()
        assert answers[0] is not None
        assert read(answers[0], BOTH).port == peer.sound


async def test_a_call_that_comes_in_is_refused(phone: Phone, tmp_path: Path) -> None:
    host, port = phone.agent.endpoint.address
    invite = ask("INVITE", 1, sdp=described()).replace("[$contact]", f"sip:us@{host}:{port}")
    invite = invite.replace("[$to]", "<sip:a@127.0.0.1>").replace("[$from]", f"<sip:us@{host}>")
    invite = invite.replace("[last_Call-ID:]", "Call-ID: [call_id]")
    ack = invite.replace("INVITE", "ACK")
    with sipp(tmp_path, invite, receive(403), ack, options=[f"{host}:{port}"]) as peer:
        await peer.done()
    assert phone.agent.legs == 0
