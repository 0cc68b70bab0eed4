"""Phones that register with us."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from outdial.adapters.telephony.sip.digest import Credentials, ha1_of
from outdial.adapters.telephony.sip.user_agent import Account, Registrar, Registration, UserAgent


class Office:
    """Our side with a registrar, and the agent of a phone."""

    def __init__(self, ours: UserAgent, phone: UserAgent) -> None:
        self.now = 1000.0
        self.ours, self.phone = ours, phone
        self.came_and_went: list[tuple[str, bool]] = []
        self.registrar = ours.registrar = Registrar(
            {"ana": ha1_of("ana", "outdial", "s3cret")}, "outdial", lambda: self.now
        )
        self.registrar.changed = lambda username, there: self.came_and_went.append((username, there))

    def registration(self, password: str = "s3cret", *, user: str = "ana", as_user: str = "ana") -> Registration:
        account = Account(self.ours.endpoint.address, f"sip:{as_user}@127.0.0.1", Credentials(user, password))
        return Registration(self.phone, account)


@pytest.fixture
async def office() -> AsyncIterator[Office]:
    ours, phone = await UserAgent.open("127.0.0.1", 0), await UserAgent.open("127.0.0.1", 0)
    yield Office(ours, phone)
    ours.close()
    phone.close()


async def test_a_phone_with_the_right_password_can_be_found(office: Office) -> None:
    assert await office.registration().once(60) == 60
    binding = office.registrar.find("ana")
    assert binding is not None
    assert binding.address == office.phone.endpoint.address
    assert office.came_and_went == [("ana", True)]


async def test_a_registration_ends_with_its_time(office: Office) -> None:
    await office.registration().once(60)
    office.now += 61
    assert office.registrar.find("ana") is None


async def test_a_phone_that_unregisters_is_gone(office: Office) -> None:
    registration = office.registration()
    await registration.once(60)
    await registration.once(0)
    assert office.registrar.find("ana") is None
    assert office.came_and_went == [("ana", True), ("ana", False)]


async def test_a_wrong_password_and_anothers_name_are_refused(office: Office) -> None:
    for wrong in (office.registration("guess"), office.registration(user="bob"), office.registration(as_user="bob")):
        assert await wrong.once(60) is None
        assert wrong.trouble == "the registrar answers 403 Forbidden"
    assert office.came_and_went == []


async def test_a_nonce_that_became_stale_costs_one_more_round(office: Office) -> None:
    registration = office.registration()
    heard: list[int] = []
    take = office.registrar.take

    def slow(request, transaction):  # type: ignore[no-untyped-def]
        heard.append(1)
        take(request, transaction)
        if len(heard) == 1:
            office.now += 1000

    office.registrar.take = slow  # type: ignore[method-assign]
    assert await registration.once(60) == 60
    assert len(heard) == 3


async def test_garbage_on_the_socket_is_counted_and_nothing_else(office: Office) -> None:
    loop = asyncio.get_running_loop()
    sender, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, remote_addr=office.ours.endpoint.address)
    for data in (b"\r\n\r\n", b"hello", b"INVITE x SIP/2.0\r\n\r\n", b"SIP/2.0 200 OK\r\n\r\n", b"\xff" * 90):
        sender.sendto(data)
    assert await office.registration().once(60) == 60
    assert office.ours.endpoint.malformed == 4
    sender.close()
