"""What is assigned to campaigns: record lists, do-not-call lists, users, numbers."""

from collections.abc import Callable

import pytest

from .kit import NOBODY, Api, body_of, embedded, ids, last_of, no_body, refused
from .shapes import assigned, fits

KINDS = ["record-lists", "do-not-call-lists", "users", "numbers"]
MOST = {"record-lists": 100, "do-not-call-lists": 1, "users": 50, "numbers": 100}

Thing = Callable[[str], str]


@pytest.fixture
def thing(api: Api, record_list: str, dnc_list: str) -> Thing:
    """The id of something of a kind that can be assigned."""

    def of(kind: str) -> str:
        known = {
            "record-lists": last_of(record_list),
            "do-not-call-lists": last_of(dnc_list),
            "users": api.settings.user_id,
            "numbers": api.settings.number_id,
        }[kind]
        if known is None:
            pytest.skip(f"CONFORMANCE_{kind[:-1].upper()}_ID is not set")
        return known

    return of


@pytest.mark.parametrize("kind", KINDS)
class TestAssigning:
    def test_adds_and_takes_away(self, api: Api, campaign: str, kind: str, thing: Thing) -> None:
        one, path, name = thing(kind), f"{campaign}/{kind}", kind.replace("-", "_")
        for _ in range(2):
            no_body(api.post(path, [{"id": one}]))
        body = body_of(api.get(path))
        fits(assigned(name), body)
        assert ids(embedded(body, name)) == [one]
        for _ in range(2):
            no_body(api.delete(path, [{"id": one}]))
        assert body_of(api.get(path))["total"] == 0

    @pytest.mark.reading
    def test_of_something_unknown_is_400_and_nothing_is_assigned(
        self, api: Api, campaign: str, kind: str, thing: Thing
    ) -> None:
        things = [{"id": NOBODY}] if MOST[kind] == 1 else [{"id": thing(kind)}, {"id": NOBODY}]
        assert refused(api.post(f"{campaign}/{kind}", things), 400, "0530001")
        assert body_of(api.get(f"{campaign}/{kind}"))["total"] == 0

    @pytest.mark.parametrize("body", [[], {}, {"id": NOBODY}, [{}], [{"id": 5}], [{"id": "x" * 37}], ["x"]])
    @pytest.mark.parametrize("method", ["POST", "DELETE"])
    def test_takes_an_array_of_ids(self, api: Api, campaign: str, kind: str, method: str, body: object) -> None:
        refused(api.ask(method, f"{campaign}/{kind}", json=body), 400, "0530001")

    @pytest.mark.parametrize("method", ["POST", "DELETE"])
    def test_has_a_largest_number(self, api: Api, campaign: str, kind: str, method: str) -> None:
        things = [{"id": f"{NOBODY[:-4]}{place:04}"} for place in range(MOST[kind] + 1)]
        refused(api.ask(method, f"{campaign}/{kind}", json=things), 400, "0530001")

    def test_is_filtered_by_ids(self, api: Api, campaign: str, kind: str, thing: Thing) -> None:
        one = thing(kind)
        no_body(api.post(f"{campaign}/{kind}", [{"id": one}]))
        for text, total in ((f"id eq '{one}' or id eq '{NOBODY}'", 1), (f"id eq '{NOBODY}'", 0)):
            assert body_of(api.get(f"{campaign}/{kind}", filter=text))["total"] == total

    @pytest.mark.reading
    @pytest.mark.parametrize("text", ["x", "name eq 'x'", "id eq 'x' and id eq 'y'", "id eq x", "id eq 'x' or"])
    def test_other_filters_are_refused(self, api: Api, campaign: str, kind: str, text: str) -> None:
        assert refused(api.get(f"{campaign}/{kind}", filter=text), 400, "0530001") == ["filter"]


def test_numbers_are_assigned_by_their_digits_too(api: Api, campaign: str) -> None:
    number = api.settings.phone_number
    if number is None:
        pytest.skip("CONFORMANCE_PHONE_NUMBER is not set")
    no_body(api.post(f"{campaign}/numbers", [{"phone_number": number}]))
    body = body_of(api.get(f"{campaign}/numbers"))
    assert [one["phone_number"] for one in embedded(body, "numbers")] == [number]
    no_body(api.delete(f"{campaign}/numbers", [{"phone_number": number}]))
    assert body_of(api.get(f"{campaign}/numbers"))["total"] == 0


def test_a_number_of_another_is_refused(api: Api, campaign: str) -> None:
    refused(api.post(f"{campaign}/numbers", [{"phone_number": "+12025550100"}]), 400, "0530001")


def test_campaigns_are_found_by_what_they_use(api: Api, campaign: str, record_list: str, dnc_list: str) -> None:
    no_body(api.post(f"{campaign}/record-lists", [{"id": last_of(record_list)}]))
    no_body(api.post(f"{campaign}/do-not-call-lists", [{"id": last_of(dnc_list)}]))
    for query in ({"record_list_id": last_of(record_list)}, {"do_no_call_list_id": last_of(dnc_list)}):
        assert ids(embedded(body_of(api.get("/campaigns", **query)), "campaigns")) == [last_of(campaign)]


def test_lists_show_the_campaigns_that_use_them(api: Api, campaign: str, record_list: str, dnc_list: str) -> None:
    for path, kind in ((record_list, "record-lists"), (dnc_list, "do-not-call-lists")):
        no_body(api.post(f"{campaign}/{kind}", [{"id": last_of(path)}]))
        (using,) = embedded(body_of(api.get(path))["campaign_page"], "campaigns")
        assert using["id"] == last_of(campaign)
        found = body_of(api.get(f"/{kind}", campaign_ids=last_of(campaign)))
        assert ids(embedded(found, kind.replace("-", "_"))) == [last_of(path)]
