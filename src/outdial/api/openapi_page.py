"""The document for people: Swagger UI on `/docs`, with nothing fetched from another host."""

from functools import cache
from importlib.resources import files
from typing import Final

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

router = APIRouter(include_in_schema=False)

_PAGE: Final = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Outdial API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="docs/swagger-ui.css">
<div id="api"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</html>
"""
# Without a validator: it would send the document to a server of its makers.
_START: Final = """\
SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#api",
  deepLinking: true,
  docExpansion: "none",
  filter: true,
  validatorUrl: null,
});
"""
_TYPES: Final = {
    "swagger-ui.css": "text/css",
    "swagger-ui-bundle.js": "text/javascript",
    "start.js": "text/javascript",
}
# The page styles itself as it goes and draws its icons from data addresses; everything else comes from here.
_POLICY: Final = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'"


@router.get("/docs")
async def page(request: Request) -> Response:
    headers = {"Content-Security-Policy": _POLICY, "X-Content-Type-Options": "nosniff"}
    return Response(_PAGE, headers=headers, media_type="text/html")


@router.get("/docs/{name}")
async def part(request: Request, name: str) -> Response:
    if name not in _TYPES:
        raise HTTPException(404)
    headers = {"Cache-Control": "max-age=3600", "X-Content-Type-Options": "nosniff"}
    return Response(_content(name), headers=headers, media_type=_TYPES[name])


@cache
def _content(name: str) -> bytes:
    if name == "start.js":
        return _START.encode()
    return (files("fastapi_swagger") / "resources" / name).read_bytes()
