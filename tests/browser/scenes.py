"""What scenes are made of: an agent with a campaign of their own, and what they do at their desk."""

import re
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.console import Account
from tests.browser.stage import LONG_TALK, OnStage, Stage

PREVIEW: dict[str, Any] = {"dialing_mode": "PREVIEW"}


def an_agent(stage: Stage, name: str, **campaign: Any) -> tuple[Account, str, OnStage]:
    """An agent, their id, and a running campaign of their own whose calls are answered and last."""
    strategy = {"strategy_type": "MANUAL", "max_skip_attempts": 1, "preview_timeout": 120} | campaign.pop("preview", {})
    user, account = stage.agent(name)
    made = stage.campaign(f"{name}'s campaign", users=[user], strategy=strategy, **(PREVIEW | campaign))
    for phone in made.phones:
        stage.script(phone, LONG_TALK)
    made.start()
    return account, user, made


def sign_on(page: Page) -> None:
    button = page.get_by_role("button", name="Sign on", exact=True)
    expect(page.get_by_role("group", name="Campaigns to work for")).to_be_visible()
    expect(button).to_be_enabled()
    button.focus()
    page.keyboard.press("Enter")
    expect(button).to_have_count(0)


def press(page: Page, key: str, button: str) -> None:
    """A key that stands for a button, as soon as that can be used; not while something is being written."""
    page.evaluate("document.activeElement?.blur()")
    expect(page.get_by_role("button", name=re.compile(f"^{button}"))).to_be_enabled()
    page.keyboard.press(key)


def state(page: Page, word: str) -> None:
    """The desk is in this state."""
    expect(page.locator(f"[data-state={word}]")).to_be_visible()


def calls_of(stage: Stage, campaign: OnStage) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = stage.admin.get(f"/v1/campaigns/{campaign.id}/attempts")["_embedded"]["attempts"]
    return found


def note(page: Page, words: str) -> None:
    """Write notes of a call with the keyboard, as soon as its form is there."""
    expect(page.get_by_role("radio").first).to_be_visible()
    page.keyboard.press("n")
    expect(page.get_by_label("Notes")).to_be_focused()
    page.keyboard.type(words)
