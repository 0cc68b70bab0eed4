"""What the tests of this folder share: where the server is, a client for it, and what to ask of answers."""

import os
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

NOBODY: Final = "00000000-0000-4000-8000-000000000000"
"""An id in the right form that no server has given to anything."""
JSON_TYPES: Final = ("application/hal+json", "application/json")
TIMEOUT: Final = 30.0
"""Seconds for one answer."""
PATIENCE: Final = 60.0
"""Seconds until something that a server does in the background must be done."""

ALL_SCOPES: Final = (
    "campaigns:read campaigns:write record-lists:manage record-lists:write do-not-call-lists:manage "
    "do-not-call-lists:read schedule-callbacks:read schedule-callbacks:write dialer-integrations-records:read "
    "data-reports:read data-reports:write po-record-list-automations:write"
)

ASKED: Final[set[tuple[str, str]]] = set()
"""Method and path of every request of this run: the summary says which rows of the protocol's index had none."""


@dataclass(frozen=True)
class Settings:
    """The server under test and what is known about the account there. `README.md` lists the variables."""

    base_url: str
    token_url: str
    client_id: str
    client_secret: str
    user_id: str | None
    number_id: str | None
    phone_number: str | None
    team_id: str | None
    callback_id: str | None

    @classmethod
    def of_environment(cls) -> "Settings":
        """Raises `KeyError` with the name of a variable that is needed and missing."""
        base_url = _variable("BASE_URL").rstrip("/")
        return cls(
            base_url=base_url,
            token_url=os.environ.get("CONFORMANCE_TOKEN_URL") or f"{base_url}/oauth/token",
            client_id=_variable("CLIENT_ID"),
            client_secret=_variable("CLIENT_SECRET"),
            user_id=os.environ.get("CONFORMANCE_USER_ID"),
            number_id=os.environ.get("CONFORMANCE_NUMBER_ID"),
            phone_number=os.environ.get("CONFORMANCE_PHONE_NUMBER"),
            team_id=os.environ.get("CONFORMANCE_TEAM_ID"),
            callback_id=os.environ.get("CONFORMANCE_CALLBACK_ID"),
        )


def _variable(name: str) -> str:
    value = os.environ.get(f"CONFORMANCE_{name}")
    if not value:
        raise KeyError(f"CONFORMANCE_{name}")
    return value


class Api:
    """The server, asked with one access token; without a token, it is asked with none."""

    def __init__(self, settings: Settings, token: str | None) -> None:
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        self.settings = settings
        self._http = httpx.Client(base_url=settings.base_url, headers=headers, timeout=TIMEOUT)

    def close(self) -> None:
        self._http.close()

    def ask(self, method: str, path: str, **given: Any) -> httpx.Response:
        """One request; a 429 is waited out as often as the server wants."""
        ASKED.add((method, path.partition("?")[0]))
        while True:
            answer = self._http.request(method, path, **given)
            if answer.status_code != 429:
                return answer
            time.sleep(min(float(answer.headers.get("retry-after", "1")), PATIENCE))

    def get(self, path: str, **query: Any) -> httpx.Response:
        return self.ask("GET", path, params=query or None)

    def post(self, path: str, body: object, **query: Any) -> httpx.Response:
        return self.ask("POST", path, json=body, params=query or None)

    def put(self, path: str, body: object) -> httpx.Response:
        return self.ask("PUT", path, json=body)

    def patch(self, path: str, body: object, content_type: str = "application/json-patch+json") -> httpx.Response:
        return self.ask("PATCH", path, json=body, headers={"Content-Type": content_type})

    def delete(self, path: str, body: object = None, **query: Any) -> httpx.Response:
        given: dict[str, Any] = {} if body is None else {"json": body}
        return self.ask("DELETE", path, params=query or None, **given)

    def path_of(self, address: str) -> str:
        """The path and query of a link, which must be absolute."""
        parts = urlsplit(address)
        assert parts.scheme in ("http", "https") and parts.netloc, f"not an absolute address: {address}"
        return parts.path.removeprefix(urlsplit(self.settings.base_url).path) + (
            f"?{parts.query}" if parts.query else ""
        )


def token_of(settings: Settings, **form: str) -> httpx.Response:
    """What the token endpoint says to a client that authenticates with HTTP Basic."""
    ASKED.add(("POST", "/oauth/token"))
    return httpx.post(settings.token_url, auth=(settings.client_id, settings.client_secret), data=form, timeout=TIMEOUT)


def body_of(answer: httpx.Response, status: int = 200) -> dict[str, Any]:
    """The JSON object of an answer that must have this status."""
    assert answer.status_code == status, (
        f"{answer.request.method} {answer.request.url}: {answer.status_code} {answer.text}"
    )
    kind = answer.headers.get("content-type", "").partition(";")[0].strip()
    assert kind in JSON_TYPES, f"{answer.request.url}: content type {kind!r}"
    body = answer.json()
    assert isinstance(body, dict)
    return body


def no_body(answer: httpx.Response, *statuses: int) -> None:
    """One of these statuses (204 if none is named), and nothing else."""
    assert answer.status_code in (statuses or (204,)), f"{answer.status_code} {answer.text}"
    assert answer.content == b""


def refused(answer: httpx.Response, status: int, *codes: str) -> list[str]:
    """The names of the wrong members in an error, which must have this status and one of these codes."""
    body = body_of(answer, status)
    assert isinstance(body.get("code"), str) and isinstance(body.get("message"), str), body
    assert body["code"] in codes, f"{answer.request.method} {answer.request.url}: code {body['code']}, not {codes}"
    assert set(body) <= {"code", "message", "description", "fields"}, body
    assert isinstance(body.get("description", ""), str), body
    fields = body.get("fields", [])
    assert isinstance(fields, list)
    for field in fields:
        assert set(field) == {"name", "description"}, field
        assert isinstance(field["name"], str) and isinstance(field["description"], str), field
    return [field["name"] for field in fields]


def within_patience(look: Callable[[], httpx.Response], done: Callable[[Any], bool]) -> Any:
    """The JSON that `look` brings once `done` says that it is finished."""
    waited = 0.0
    while True:
        body = look().json()
        if done(body):
            return body
        assert waited < PATIENCE, f"not done after {PATIENCE} s: {body}"
        time.sleep(0.2)
        waited += 0.2


def a_name(kind: str) -> str:
    """A name that no earlier run has used, of at most 35 characters."""
    return f"{kind} {secrets.token_hex(6)}"


def embedded(body: dict[str, Any], name: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = body["_embedded"][name]
    return items


def ids(items: Sequence[dict[str, Any]]) -> list[str]:
    return [item["id"] for item in items]


def last_of(path: str) -> str:
    return path.rpartition("/")[2]


def every_page(api: Api, path: str, **query: Any) -> Iterator[dict[str, Any]]:
    """The pages of a collection, by following `next` from the first one."""
    body = body_of(api.get(path, **query))
    for _ in range(1000):
        yield body
        if "next" not in body["_links"]:
            return
        body = body_of(api.get(api.path_of(body["_links"]["next"]["href"])))
    raise AssertionError(f"{path}: following next does not end")


# Numbers that regulators keep for fiction: nobody is ever called.
def us_number(place: int) -> str:
    assert 0 <= place < 100
    return f"+120255501{place:02}"


def a_record(place: int, **members: Any) -> dict[str, Any]:
    """A record as it is sent, with a number of its own for each place from 0 to 99."""
    return {
        "first_name": "Marta",
        "last_name": "Moreau",
        "phone_numbers": [{"phone_number": us_number(place), "phone_type": "MOBILE"}],
        **members,
    }


def replace(path: str, value: object) -> dict[str, object]:
    return {"op": "replace", "path": path, "value": value}


def a_strategy(**changes: Any) -> dict[str, Any]:
    """A dialing strategy with all that is required and nothing else, and changes to it."""
    return {
        "max_attempts": 6,
        "retry_period": 4,
        "retry_time_unit": "HOURS",
        "calling_hours": [{"from": "09:00:00", "to": "18:30:00", "week_days": ["MONDAY", "SATURDAY"]}],
        "dispositions": {
            "busy": {"status_after_call": "RETRY", "custom": False},
            "no_answer": {"status_after_call": "RETRY", "custom": False},
            "invalid_number": {"status_after_call": "FINAL"},
        },
        **changes,
    }


PHONE_TYPES: Final = ("HOME", "OFFICE", "MOBILE", "EXTRA_1", "EXTRA_2", "EXTRA_3")


def a_full_campaign(name: str) -> dict[str, Any]:
    """A campaign in which every documented member has a value."""
    own = {"status_after_call": "RETRY", "custom": True, "max_attempts": 3, "retry_period": 20}
    rule = {**own, "retry_period_time_unit": "MINUTES"}
    kinds = ("busy", "no_answer", "abandoned", "answering_machine_detection")
    return {
        "name": name,
        "dialing_mode": "PREDICTIVE",
        "priority": 9,
        "dialing_mode_configuration": {
            "answering_machine_detection": True,
            "amd_metadata": False,
            "max_abandonment_rate": 3,
            "max_dialing_ratio": 2,
            "max_ring_time_in_secs": 25,
            "abandonment_timeout": {"amount": 2},
        },
        "dialing_strategy": a_strategy(
            max_skip_attempts=0,
            strategy_type="AUTOMATIC",
            preview_timeout=30,
            dispositions=dict.fromkeys(kinds, rule) | {"invalid_number": {"status_after_call": "FINAL"}},
            record_chain=[
                {"type": kind, "max_attempts": 2, "retry_period": 1, "retry_time_unit": "DAYS"} for kind in PHONE_TYPES
            ],
            lists_sorting_criteria="FIFO",
        ),
    }
