"""Scheduled callbacks. The protocol has no way to make one: those that need one take it from the environment."""

from datetime import datetime, timedelta

import pytest

from .conftest import AsScope
from .kit import NOBODY, Api, Settings, body_of, embedded, no_body, refused, replace
from .shapes import CALLBACK, CALLBACK_DETAILS, fits, page

HOME = "/schedule-callbacks"


@pytest.fixture
def callback(settings: Settings) -> str:
    """The path of a callback that has not been called yet."""
    if settings.callback_id is None:
        pytest.skip("CONFORMANCE_CALLBACK_ID names no scheduled callback")
    return f"{HOME}/{settings.callback_id}"


class TestList:
    def test_is_paged(self, api: Api) -> None:
        body = body_of(api.get(HOME))
        fits(page("callbacks", CALLBACK), body)
        assert (body["page"], body["per_page"]) == (1, 50)

    @pytest.mark.parametrize(
        "query",
        [
            {"status": "UNATTEMPTED"},
            {"status": "TO_BE_RETRIED"},
            {"campaign_id": NOBODY},
            {"record_id": NOBODY},
            {"phone_number": "+12025550100"},
            {"agent_id": NOBODY},
            {"team_id": NOBODY},
            {"ring_group": "nobody,nothing"},
            {"from_call_type": "INBOUND,PROACTIVE_OUTBOUND"},
            {"start_time": "2026-01-01T00:00:00Z", "end_time": "2036-01-01T00:00:00Z"},
            {"next_time_to_call_end": "2036-01-01T00:00:00Z"},
            {"per_page": "500"},
        ],
    )
    def test_takes_every_filter(self, api: Api, query: dict[str, str]) -> None:
        fits(page("callbacks", CALLBACK), body_of(api.get(HOME, **query)))

    @pytest.mark.parametrize(
        "query", [{"per_page": "501"}, {"per_page": "x"}, {"status": "FORGOTTEN"}, {"start_time": "soon"}]
    )
    def test_refuses_what_cannot_be_meant(self, api: Api, query: dict[str, str]) -> None:
        assert refused(api.get(HOME, **query), 400, "0532006") == list(query)

    def test_of_a_campaign_has_its_callbacks(self, api: Api, callback: str) -> None:
        known = body_of(api.get(callback))
        found = body_of(api.get(HOME, campaign_id=known["campaign_id"], record_id=known["record_id"]))
        assert known["callback_id"] in [one["callback_id"] for one in embedded(found, "callbacks")]


class TestOne:
    def test_is_shown_whole(self, api: Api, callback: str) -> None:
        body = body_of(api.get(callback))
        fits(CALLBACK_DETAILS, body)
        assert body["callback_id"] == callback.rpartition("/")[2]

    def test_is_rescheduled(self, api: Api, callback: str) -> None:
        before = datetime.fromisoformat(body_of(api.get(callback))["time_to_call"])
        later = before + timedelta(days=1)
        wanted = [replace("/timeToCall", later.strftime("%Y-%m-%dT%H:%M:%SZ"))]
        fits(CALLBACK, body_of(api.patch(callback, wanted, "application/json")))
        after = datetime.fromisoformat(body_of(api.get(callback))["time_to_call"])
        assert after == later.replace(microsecond=0)

    @pytest.mark.reading
    def test_agents_need_the_way_of_assigning_that_has_agents(self, api: Api, callback: str) -> None:
        wrong = [replace("/assignType", "ANY_ELIGIBLE_AGENT"), replace("/agents", [NOBODY])]
        refused(api.patch(callback, wrong, "application/json"), 400, "0532006")

    @pytest.mark.parametrize(
        "body",
        [
            {},
            [],
            [{}],
            [replace("/timeToCall", "soon")],
            [replace("/timezone", "Mars/Olympus")],
            [replace("/status", "SUCCESS")],
            [{"op": "add", "path": "/timeToCall", "value": "2026-03-06T16:30:00Z"}],
        ],
    )
    def test_refuses_what_is_no_change_of_it(self, api: Api, callback: str, body: object) -> None:
        refused(api.patch(callback, body, "application/json"), 400, "0532006")

    def test_is_canceled(self, api: Api, callback: str) -> None:
        no_body(api.delete(callback))
        assert body_of(api.get(callback))["status"] == "CANCELED"


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
class TestWithoutOne:
    def test_nobody_has_it(self, api: Api, method: str) -> None:
        refused(api.ask(method, f"{HOME}/{NOBODY}", json=[{}]), 404, "0532002")

    def test_no_token_goes_first(self, stranger: Api, method: str) -> None:
        refused(stranger.ask(method, f"{HOME}/{NOBODY}"), 401, "0011003")

    def test_then_the_scope(self, as_scope: AsScope, method: str) -> None:
        refused(as_scope("campaigns:read").ask(method, f"{HOME}/{NOBODY}"), 403, "0532003")


def test_to_read_is_not_to_write(as_scope: AsScope) -> None:
    refused(as_scope("schedule-callbacks:read").delete(f"{HOME}/{NOBODY}"), 403, "0532003")
