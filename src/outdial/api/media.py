"""Media types: what a request may bring, and which of two names the answer goes by."""

from typing import Final

from starlette.requests import Request

HAL: Final = "application/hal+json"
JSON: Final = "application/json"
JSON_PATCH: Final = "application/json-patch+json"
READABLE: Final = frozenset({HAL, JSON, JSON_PATCH})
_PLAIN: Final = ("/data/reports/", "/dialer-integrations/", "/v1/record-list/")
"""Below these paths the compatible API answers in plain JSON, whatever is asked for."""


def media_type(content_type: str) -> str:
    """A Content-Type without its parameters, in lower case."""
    return content_type.partition(";")[0].strip().lower()


def answer_type(request: Request) -> str:
    """`application/json` for those who ask for it by name and not for HAL, or prefer it; HAL for all others."""
    if request.scope.get("path", "").startswith(_PLAIN):
        return JSON
    weights = {}
    for item in ",".join(request.headers.getlist("accept")).split(","):
        name, *parameters = (part.strip().lower() for part in item.split(";"))
        weights[name] = next((_weight(p[2:]) for p in parameters if p.startswith("q=")), 1.0)
    return JSON if weights.get(JSON, 0) > weights.get(HAL, 0) else HAL


def _weight(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
