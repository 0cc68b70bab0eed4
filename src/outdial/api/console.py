"""The web console's files under `/console/`: built ahead, part of the package. Without them, a page says so."""

import secrets
from collections.abc import Mapping
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response

from outdial.api.services import services_of
from outdial.domain.phone_agents import BrowserPhones

router = APIRouter(include_in_schema=False)

BASE: Final = '<base href="/console/">'
"""What the built page has in its head; the root path comes in front of the address."""

_HASHED: Final = "public, max-age=31536000, immutable"
_TYPES: Final[Mapping[str, str]] = {
    ".css": "text/css",
    ".html": "text/html",
    ".ico": "image/x-icon",
    ".js": "text/javascript",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
"""The machine's own table of types differs from machine to machine."""

_NOT_BUILT: Final = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>Outdial: the console is not built</title>
<main>
<h1>The web console is not built</h1>
<p>The API and the dialer work. To build the console, run this in the checkout and load this page again:</p>
<pre>make console</pre>
<p>An Outdial that was installed from a wheel has the console inside: install it again.</p>
<p><a href="{root}/docs">The API's documentation</a></p>
</main>
</html>
"""


def folder_of_package() -> Path:
    """Where the build puts the console; it may not be there."""
    return Path(str(files("outdial"))) / "static" / "console"


def _root_path(request: Request) -> str:
    """What the world puts in front of our paths."""
    public = services_of(request).public_url
    path: str = request.scope.get("root_path", "") if public is None else urlsplit(public).path
    return path.rstrip("/")


def _headers(nonce: str, phones: BrowserPhones | None) -> dict[str, str]:
    """Nothing comes from another host, nothing that stands in a page is carried out, and nobody frames it.

    Only phones in browsers have connections to other hosts: to the SIP servers of the installation.
    """
    servers = "".join(f" {_origin(server)}" for server in phones.servers) if phones is not None else ""
    policy = (
        "default-src 'none'; script-src 'self'; "
        f"style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; font-src 'self'; media-src 'self' blob:; "
        f"connect-src 'self'{servers}; worker-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'self'; "
        "frame-ancestors 'none'"
    )
    return {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Permissions-Policy": "microphone=(self), camera=(), geolocation=()",
        "Cache-Control": "no-cache",
    }


@router.get("/")
async def root(request: Request) -> Response:
    return RedirectResponse(f"{_root_path(request)}/console/", 307)


@router.get("/console")
async def without_slash(request: Request) -> Response:
    return await root(request)


@router.get("/console/{path:path}")
async def part(request: Request, path: str) -> Response:
    """A file of the console; for an address of one of its pages, the page that draws them all."""
    folder: Path = request.app.state.console
    name = path.rpartition("/")[2]
    if "." not in name:
        return _page(request, folder)
    file = _file(folder, path)
    if file is None:
        # Never the page: a script that answers with HTML leaves a blank screen and no trace of why.
        raise HTTPException(404)
    cache = _HASHED if path.startswith("assets/") else "no-cache"
    headers = {"Cache-Control": cache, "X-Content-Type-Options": "nosniff"}
    return FileResponse(file, headers=headers, media_type=_TYPES.get(file.suffix, "application/octet-stream"))


def _file(folder: Path, path: str) -> Path | None:
    file = (folder / path).resolve()
    return file if file.is_relative_to(folder.resolve()) and file.is_file() else None


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def _page(request: Request, folder: Path) -> Response:
    nonce, root = secrets.token_urlsafe(16), escape(_root_path(request))
    headers = _headers(nonce, services_of(request).browser_phones)
    try:
        page = (folder / "index.html").read_text("utf-8")
    except FileNotFoundError:
        return Response(_NOT_BUILT.format(root=root), 503, headers, "text/html")
    # Libraries that write style sheets as they go find the nonce here.
    head = f'<base href="{root}/console/"><meta property="csp-nonce" content="{nonce}" nonce="{nonce}">'
    return Response(page.replace(BASE, head, 1), headers=headers, media_type="text/html")
