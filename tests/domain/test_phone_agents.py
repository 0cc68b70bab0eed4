"""Phones of agents, and which of them a browser can be."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from outdial.domain.phone_agents import BrowserPhones, PhoneAgent, PhoneAgentId, PhoneMode, in_browser
from outdial.domain.values import UserId

PHONES = BrowserPhones(("wss://one.example/ws", "wss://two.example/ws"), {"ana": "a secret word"})


def an_agent(address: str) -> PhoneAgent:
    now = datetime(2026, 3, 2, 12, tzinfo=UTC)
    return PhoneAgent(PhoneAgentId(UUID(int=1)), UserId(UUID(int=2)), address, PhoneMode.NAILED_UP, now)


@pytest.mark.parametrize("address", ["sip:ana@pbx.example", "sips:ana@pbx.example:5061", "sip:ana@pbx.example;a=b"])
def test_a_browser_registers_with_every_server_as_the_user_of_the_address(address: str) -> None:
    phone = in_browser(an_agent(address), PHONES)
    assert phone is not None
    assert (phone.address, phone.user, phone.password) == ("sip:ana@pbx.example", "ana", "a secret word")
    assert phone.servers == PHONES.servers


@pytest.mark.parametrize("address", ["sip:ben@pbx.example", "sip:anas@pbx.example", "+12025550142"])
def test_whoever_has_another_phone_has_none_in_the_browser(address: str) -> None:
    assert in_browser(an_agent(address), PHONES) is None
