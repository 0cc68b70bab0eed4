"""The console's files: where they are, how long they may be kept, and what is said when there are none."""

from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from outdial.api.http import create_app
from outdial.api.services import Services
from tests.api.conftest import BASE_URL

PAGE = '<!doctype html><html lang="en"><head><base href="/console/"><title>Outdial</title></head></html>'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What a build leaves."""
    built = tmp_path / "console"
    (built / "assets").mkdir(parents=True)
    (built / "index.html").write_text(PAGE)
    (built / "assets" / "index-4f2a.js").write_text("start()")
    (built / "icon.svg").write_text("<svg/>")
    (built / "stamp").write_text("abc")
    (tmp_path / "secret.txt").write_text("secret")
    return built


def visitor(app: FastAPI, folder: Path, root_path: str = "") -> httpx.AsyncClient:
    app.state.console = folder
    return httpx.AsyncClient(transport=httpx.ASGITransport(app, root_path=root_path), base_url=BASE_URL)


@pytest.mark.parametrize("path", ["", "campaigns", "campaigns/8d4c1f0e-5f0b-4c8a-9f57-2f6f6f1f4f1d/live", "desk/"])
async def test_every_page_of_the_console_is_drawn_by_the_one_that_is_never_kept(
    app: FastAPI, folder: Path, path: str
) -> None:
    async with visitor(app, folder) as browser:
        answer = await browser.get(f"/console/{path}")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "<title>Outdial</title>" in answer.text
    assert answer.headers["cache-control"] == "no-cache"


async def test_a_file_whose_name_tells_its_content_is_kept_for_ever(app: FastAPI, folder: Path) -> None:
    async with visitor(app, folder) as browser:
        script, icon = await browser.get("/console/assets/index-4f2a.js"), await browser.get("/console/icon.svg")
    assert (script.text, script.headers["content-type"]) == ("start()", "text/javascript; charset=utf-8")
    assert script.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert icon.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    "path", ["assets/index-old.js", "favicon.ico", "assets/../../secret.txt", "%2e%2e/secret.txt", "stamp.", "assets."]
)
async def test_what_is_not_there_is_missing_and_not_a_page(app: FastAPI, folder: Path, path: str) -> None:
    async with visitor(app, folder) as browser:
        answer = await browser.get(httpx.URL(f"{BASE_URL}/console/{path}"))
    assert answer.status_code == 404
    assert "secret" not in answer.text and "<title>" not in answer.text


async def test_the_page_may_load_nothing_from_elsewhere_and_run_nothing_inline(app: FastAPI, folder: Path) -> None:
    async with visitor(app, folder) as browser:
        first, second = await browser.get("/console/"), await browser.get("/console/")
    rules = dict(rule.split(" ", 1) for rule in first.headers["content-security-policy"].split("; "))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == rules["connect-src"] == "'self'"
    assert rules["frame-ancestors"] == "'none'"
    assert "unsafe" not in first.headers["content-security-policy"]
    nonce = rules["style-src"].removeprefix("'self' 'nonce-").removesuffix("'")
    assert f'content="{nonce}"' in first.text
    assert nonce not in second.text


async def test_behind_a_proxy_with_a_path_the_page_says_where_it_is(services: Services, folder: Path) -> None:
    public = create_app(replace(services, public_url="https://example.com/dialer"))
    async with visitor(public, folder) as browser:
        page, root = await browser.get("/console/"), await browser.get("/")
    assert '<base href="/dialer/console/">' in page.text
    assert (root.status_code, root.headers["location"]) == (307, "/dialer/console/")
    async with visitor(create_app(services), folder, root_path="/other") as browser:
        assert '<base href="/other/console/">' in (await browser.get("/other/console/")).text


async def test_the_front_door_leads_to_the_console(app: FastAPI, folder: Path) -> None:
    async with visitor(app, folder) as browser:
        for path in ("/", "/console"):
            answer = await browser.get(path)
            assert (answer.status_code, answer.headers["location"]) == (307, "/console/")


async def test_a_console_that_is_not_built_says_how_and_the_api_answers(app: FastAPI, tmp_path: Path) -> None:
    async with visitor(app, tmp_path / "nothing") as browser:
        page, script = await browser.get("/console/campaigns"), await browser.get("/console/assets/index-4f2a.js")
        document = await browser.get("/openapi.json")
    assert page.status_code == 503
    assert "<pre>make console</pre>" in page.text
    assert script.status_code == 404
    assert document.status_code == 200
