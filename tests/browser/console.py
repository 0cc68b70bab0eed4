"""A demo with its console, and browsers that look at it: for tests and for pictures."""

import contextlib
import re
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
from playwright.sync_api import Browser, BrowserContext, Page, Request, StorageState

ROOT: Final = Path(__file__).parents[2]
PASSWORD: Final = "a password of the browser tests"
PATIENCE: Final = 60.0
"""Seconds: generous, because it is only used up where something is broken."""

_LINK: Final = re.compile(r"(http\S+)/console/welcome#(\S+)")


def chromium() -> str | None:
    """Debian's Chromium, or another one of this machine."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who can sign in, and a client of the API that is signed in as them."""

    email: str
    state: StorageState
    api: httpx.Client

    def get(self, path: str, **query: Any) -> Any:
        answer = self.api.get(path, params=query)
        answer.raise_for_status()
        return answer.json()

    def send(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.api.request(method, path, json=body)
        answer.raise_for_status()
        return answer.json() if answer.content else None


@dataclass
class Demo:
    """A running demo: `admin` is signed in by its one-time link."""

    address: str
    admin: Account
    accounts: dict[str, Account] = field(default_factory=dict)

    @property
    def console(self) -> str:
        return f"{self.address}/console"

    def campaign(self) -> dict[str, Any]:
        """The one that the demo dials."""
        campaigns = self.admin.get("/campaigns")["_embedded"]["campaigns"]
        return next(one for one in campaigns if one["name"].startswith("Demo"))

    def account(self, role: str) -> Account:
        """A user of a role, made when it is first asked for."""
        if role not in self.accounts:
            user = self.admin.send("POST", "/v1/users", {"name": f"A {role}", "email": f"{role}@example.com"})
            self.admin.send("PUT", f"/v1/users/{user['id']}/role", {"role": role})
            link = self.admin.send("POST", f"/v1/users/{user['id']}/password-link")["href"]
            self.accounts[role] = enter(self.address, link.rpartition("#")[2])
        return self.accounts[role]

    def snapshot(self, topic: str) -> dict[str, Any]:
        found: dict[str, Any] = self.admin.get("/v1/console/snapshot", topic=topic)["data"]
        return found


def enter(address: str, token: str, **who: str) -> Account:
    """Use a one-time link: choose a password, and be signed in; the first administrator says who they are."""
    client = httpx.Client(base_url=address, timeout=PATIENCE, headers={"Origin": address})
    login = client.post("/v1/login/link", json={"token": token, "password": PASSWORD, **who})
    login.raise_for_status()
    client.headers["X-CSRF-Token"] = login.json()["csrf_token"]
    (cookie,) = client.cookies.jar
    state: StorageState = {
        "cookies": [
            {
                "name": cookie.name,
                "value": cookie.value or "",
                "domain": urlsplit(address).hostname or "",
                "path": "/",
                "expires": -1,
                "httpOnly": True,
                "secure": False,
                "sameSite": "Strict",
            }
        ],
        "origins": [],
    }
    return Account(login.json()["user"]["email"], state, client)


@contextlib.contextmanager
def running_demo(*, agents: int = 8, speed: float = 5) -> Iterator[Demo]:
    """A demo on a free port, with its own throw-away database; nothing of it stays."""
    command = [sys.executable, "-m", "outdial", "demo", "--port", "0", "--agents", str(agents), "--speed", str(speed)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        address, token = _link_of(process)
        yield Demo(address, enter(address, token))
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=PATIENCE)
        process.kill()
        process.wait()


def _link_of(process: "subprocess.Popen[str]") -> tuple[str, str]:
    assert process.stderr is not None
    said = ""
    end = time.monotonic() + PATIENCE  # noqa: TID251  a wait for another process
    while time.monotonic() < end and process.poll() is None:  # noqa: TID251
        if select.select([process.stderr], [], [], 1)[0]:
            said += process.stderr.readline()
            if (found := _LINK.search(said)) is not None:
                return found[1], found[2]
    raise AssertionError(f"the demo did not say how to sign in:\n{said}")


@dataclass
class Watch:
    """What must not happen on any page: errors, failed requests, other hosts."""

    host: str
    others: set[str] = field(default_factory=set)
    """Hosts to which a test goes on purpose."""
    wrong: list[str] = field(default_factory=list)
    expected: set[int] = field(default_factory=set)
    """Statuses that a test brings about on purpose."""
    cut: bool = False
    """Whether the test cuts pages off from the server: then they say that they do not reach it."""

    def over(self, page: Page) -> None:
        page.on("console", lambda said: self._said(said.type, said.text))
        page.on("pageerror", lambda error: self.wrong.append(f"error: {error}"))
        page.on("request", self._asked)
        page.on("response", lambda response: self._answered(response.status, response.url))

    def _said(self, kind: str, text: str) -> None:
        refused = re.search(r"status of (\d+)", text)
        if self.cut and re.search(r"net::ERR_|WebSocket connection to", text):
            return
        if kind == "error" and not (refused and int(refused[1]) in self.expected):
            self.wrong.append(f"console: {text}")

    def _asked(self, request: Request) -> None:
        if urlsplit(request.url).netloc not in {"", self.host, *self.others}:
            self.wrong.append(f"another host: {request.url}")

    def _answered(self, status: int, url: str) -> None:
        if status >= 400 and status not in self.expected:
            self.wrong.append(f"{status}: {url}")


def context_of(
    browser: Browser, demo: Demo, account: Account | None, *, dark: bool = False, width: int = 1440, height: int = 900
) -> BrowserContext:
    """A fresh window of somebody's; of nobody's without an account."""
    context = browser.new_context(
        storage_state=account.state if account else None,
        base_url=f"{demo.console}/",
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",
        locale="en-GB",
        timezone_id="Europe/Lisbon",
        viewport={"width": width, "height": height},
    )
    context.set_default_timeout(PATIENCE * 1_000 / 3)
    return context


def open_page(context: BrowserContext, path: str) -> Page:
    page = context.new_page()
    page.goto(path)
    page.locator("h1").wait_for()
    page.locator(".skeleton").first.wait_for(state="hidden")
    return page


AXE: Final = """
async () => {
  const rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
  // What was read aloud a moment ago stays in the page unseen, and may name a button that is gone.
  const found = await axe.run({exclude: [["[data-live-announcer]"]]}, {runOnly: rules});
  return found.violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.target.join(" ")).join(", ")}`);
}
"""


def changes_twice(page: Page, selector: str) -> None:
    """A figure that is streamed shows three values, one after the other."""
    begin_to_watch(page, selector)
    changed_twice(page)


def begin_to_watch(page: Page, selector: str) -> None:
    page.evaluate(
        """(selector) => {
          window.watched = new Promise((resolve, reject) => {
            const seen = new Set();
            const timer = setInterval(() => {
              seen.add(document.querySelector(selector)?.textContent);
              if (seen.size >= 3) { clearInterval(timer); resolve(); }
            }, 50);
            setTimeout(() => { clearInterval(timer); reject(new Error(`only ${[...seen]}`)); }, 30000);
          });
        }""",
        selector,
    )


def changed_twice(page: Page) -> None:
    """Wait for the end of what `begin_to_watch` began."""
    page.evaluate("window.watched")


def pages_of(demo: Demo) -> dict[str, str]:
    """Every page of the supervisors by a name, with something on it."""
    campaign = demo.campaign()["id"]
    listed = demo.admin.get("/record-lists")["_embedded"]["record_lists"][0]["id"]
    pages = {
        name: f"campaigns/{campaign}/{name}" for name in ("live", "records", "results", "forecast", "audit", "edit")
    }
    pages |= {
        f"settings-{part}": f"settings/{part}"
        for part in (
            "users",
            "dispositions",
            "hours",
            "agents",
            "phones",
            "numbers",
            "presets",
            "webhooks",
            "clients",
            "health",
        )
    }
    return pages | {
        "campaigns": "campaigns",
        "wizard": "campaigns/new",
        "lists": "lists",
        "list": f"lists/{listed}",
        "dnc": "dnc",
        "agents": "agents",
        "agents-by-day": "agents/by-day",
        "callbacks": "callbacks",
        "all-changes": "audit",
        "not-found": "nothing/here",
    }
