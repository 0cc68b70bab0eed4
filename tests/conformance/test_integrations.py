"""The record behind a contact, and what outside systems say of records."""

from collections.abc import Callable

import pytest

from .conftest import AsScope
from .kit import NOBODY, Api, a_record, body_of, last_of, no_body, refused
from .shapes import CONTACT, fits

Known = tuple[str, str, str]


@pytest.fixture
def known(api: Api, campaign: str, record_list: str) -> Known:
    """The ids of a campaign, of its list and of a record on it."""
    record = body_of(
        api.post(
            f"{record_list}/records",
            a_record(7, external_provider="crm", external_id="K-1", extra_data={"plan": "gold"}),
        ),
        201,
    )
    no_body(api.post(f"{campaign}/record-lists", [{"id": last_of(record_list)}]))
    return last_of(campaign), last_of(record_list), record["id"]


class TestContact:
    def test_tells_what_the_record_holds(self, api: Api, known: Known) -> None:
        campaign, _, record = known
        answer = api.get(f"/dialer-integrations/campaigns/{campaign}/contacts/{record}")
        body = body_of(answer)
        fits(CONTACT, body)
        assert answer.headers["content-type"].partition(";")[0] == "application/json"
        assert (body["campaign_id"], body["contact_name"]) == (campaign, "Marta Moreau")
        assert {"key": "plan", "value": "gold"} in body["campaign_records"]

    def test_of_nobody_is_404(self, api: Api, known: Known) -> None:
        campaign, _, record = known
        for path in (f"{NOBODY}/contacts/{record}", f"{campaign}/contacts/{NOBODY}"):
            refused(api.get(f"/dialer-integrations/campaigns/{path}"), 404, "0530910")

    def test_wants_a_token_with_its_scope(self, stranger: Api, as_scope: AsScope) -> None:
        path = f"/dialer-integrations/campaigns/{NOBODY}/contacts/{NOBODY}"
        refused(stranger.get(path), 401, "0530901")
        refused(as_scope("campaigns:read").get(path), 403, "0530902")


Tell = Callable[[str], int]


@pytest.fixture
def tell(api: Api, known: Known) -> Tell:
    """Sends an event of the record; answers with the status."""
    _, record_list, record = known
    account = body_of(api.get(f"/record-lists/{record_list}"))["account_id"]

    def send(tail: str) -> int:
        path = f"/v1/record-list/{record_list}/record/{record}/{tail}"
        return api.ask("POST", path, headers={"account-id": account}).status_code

    return send


class TestEvents:
    @pytest.mark.parametrize("word", ["EXHAUSTED", "CONNECTED"])
    def test_how_calls_came_out(self, tell: Tell, word: str) -> None:
        assert tell(f"call-attempt-disposition/{word}") == 204

    def test_a_callback_was_made(self, tell: Tell) -> None:
        assert tell("schedule-callback-created") == 204

    @pytest.mark.parametrize(
        "word",
        [
            "SUCCESS",
            "INVALID_NUMBER",
            "NO_ANSWER",
            "AGENT_HANGUP_BEFORE_CONNECTION",
            "BUSY",
            "RESCHEDULED",
            "FINALIZED",
            "UNREACHABLE",
        ],
    )
    def test_how_a_callback_came_out(self, tell: Tell, word: str) -> None:
        assert tell(f"callback-attempt-disposition/{word}?is_final_attempt=true") == 204

    @pytest.mark.parametrize("kind", ["call-attempt-disposition", "callback-attempt-disposition"])
    def test_other_words_are_refused(self, tell: Tell, kind: str) -> None:
        assert tell(f"{kind}/FORGOTTEN") == 400

    def test_without_the_account_they_are_refused(self, api: Api, known: Known) -> None:
        _, record_list, record = known
        path = f"/v1/record-list/{record_list}/record/{record}/schedule-callback-created"
        assert api.ask("POST", path).status_code == 400

    def test_want_a_token_with_their_scope(self, stranger: Api, as_scope: AsScope) -> None:
        path = f"/v1/record-list/{NOBODY}/record/{NOBODY}/schedule-callback-created"
        assert stranger.ask("POST", path).status_code == 401
        assert as_scope("campaigns:read").ask("POST", path).status_code == 403
