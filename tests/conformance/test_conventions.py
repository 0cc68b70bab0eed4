"""What all resources share: media types, pages, ids that are nobody's, the order of refusals."""

import secrets
from typing import Any

import pytest

from .conftest import AsScope
from .kit import NOBODY, Api, a_name, a_record, body_of, every_page, ids, last_of, refused
from .shapes import CAMPAIGN_PAGE, DNC_LIST, ENTRY, RECORD, RECORD_LIST, Text, assigned, fits, page

COLLECTIONS = [
    ("/campaigns", CAMPAIGN_PAGE, 100, "0530001"),
    ("{campaign}/record-lists", assigned("record_lists"), 100, "0530001"),
    ("{campaign}/do-not-call-lists", assigned("do_not_call_lists"), 100, "0530001"),
    ("{campaign}/users", assigned("users"), 100, "0530001"),
    ("{campaign}/numbers", assigned("numbers"), 100, "0530001"),
    ("/record-lists", page("record_lists", RECORD_LIST), 500, "0530900"),
    ("{record_list}/records", page("records", RECORD), 500, "0530900"),
    ("{record_list}/records/timezones", page("timezones", Text(1, 35)), 500, "0530900"),
    ("/do-not-call-lists", page("do_not_call_lists", DNC_LIST), 500, "0531500"),
    ("{dnc_list}/entries", page("entries", ENTRY), 500, "0531500"),
]


@pytest.fixture
def paths(campaign: str, record_list: str, dnc_list: str) -> dict[str, str]:
    return {"campaign": campaign, "record_list": record_list, "dnc_list": dnc_list}


@pytest.mark.parametrize(("path", "shape", "most", "code"), COLLECTIONS)
class TestEveryCollection:
    def test_is_paged(self, api: Api, paths: dict[str, str], path: str, shape: Any, most: int, code: str) -> None:
        body = body_of(api.get(path.format_map(paths)))
        fits(shape, body)
        assert (body["page"], body["per_page"]) == (1, 50)
        assert body["count"] == sum(len(items) for items in body["_embedded"].values())
        assert body["count"] == min(body["total"], 50)
        assert body["total_pages"] == max(1, -(-body["total"] // 50))

    def test_takes_pages_up_to_its_largest(
        self, api: Api, paths: dict[str, str], path: str, shape: Any, most: int, code: str
    ) -> None:
        assert body_of(api.get(path.format_map(paths), per_page=most))["per_page"] == most

    @pytest.mark.reading
    @pytest.mark.parametrize(
        "query", [{"page": "0"}, {"page": "-1"}, {"page": "x"}, {"per_page": "0"}, {"per_page": "1.5"}]
    )
    def test_refuses_numbers_that_are_none(
        self, api: Api, paths: dict[str, str], path: str, shape: Any, most: int, code: str, query: dict[str, str]
    ) -> None:
        assert refused(api.get(path.format_map(paths), **query), 400, code) == list(query)

    @pytest.mark.reading
    def test_refuses_a_larger_page(
        self, api: Api, paths: dict[str, str], path: str, shape: Any, most: int, code: str
    ) -> None:
        # The documents allow some collections 250 in the answer but 100 in the request.
        assert refused(api.get(path.format_map(paths), per_page=max(most + 1, 251)), 400, code) == ["per_page"]

    @pytest.mark.reading
    def test_is_empty_beyond_its_end(
        self, api: Api, paths: dict[str, str], path: str, shape: Any, most: int, code: str
    ) -> None:
        body = body_of(api.get(path.format_map(paths), page=1_000_000))
        fits(shape, body)
        assert (body["page"], body["count"]) == (1_000_000, 0)


class TestFollowingLinks:
    @pytest.fixture
    def three(self, api: Api, record_list: str) -> str:
        """The records of a list that has three."""
        body_of(api.post(f"{record_list}/records/bulks", {"records": [a_record(n) for n in range(3)]}), 201)
        return f"{record_list}/records"

    def test_next_leads_through_everything_once(self, api: Api, three: str) -> None:
        pages = list(every_page(api, three, per_page=2))
        assert [len(body["_embedded"]["records"]) for body in pages] == [2, 1]
        assert len({one for body in pages for one in ids(body["_embedded"]["records"])}) == 3

    def test_the_links_of_a_page_lead_where_they_say(self, api: Api, three: str) -> None:
        second = body_of(api.get(three, per_page=1, page=2))
        for name, number in {"first": 1, "prev": 1, "self": 2, "next": 3, "last": 3}.items():
            found = body_of(api.get(api.path_of(second["_links"][name]["href"])))
            assert (found["page"], found["per_page"]) == (number, 1), name

    @pytest.mark.reading
    def test_there_is_no_prev_before_the_first_page_and_no_next_after_the_last(self, api: Api, three: str) -> None:
        assert "prev" not in body_of(api.get(three, per_page=2))["_links"]
        assert "next" not in body_of(api.get(three, per_page=2, page=2))["_links"]

    @pytest.mark.reading
    def test_links_keep_the_query(self, api: Api, three: str) -> None:
        body = body_of(api.get(three, per_page=1, order_by="priority", search="Marta"))
        for address in body["_links"].values():
            assert "order_by=priority" in address["href"] and "search=Marta" in address["href"]


class TestMediaTypes:
    def test_answers_are_hal(self, api: Api, campaign: str) -> None:
        for path in ("/campaigns", campaign, f"/campaigns/{NOBODY}"):
            assert api.get(path).headers["content-type"].partition(";")[0] == "application/hal+json"

    @pytest.mark.reading
    def test_plain_json_is_sent_to_who_asks_for_it(self, api: Api) -> None:
        for path in ("/campaigns", f"/campaigns/{NOBODY}"):
            answer = api.ask("GET", path, headers={"Accept": "application/json"})
            assert answer.headers["content-type"].partition(";")[0] == "application/json"

    @pytest.mark.parametrize("content_type", ["application/json", "application/hal+json"])
    def test_bodies_may_come_as_json_or_as_hal(self, api: Api, record_list: str, content_type: str) -> None:
        headers = {"Content-Type": content_type}
        assert api.ask("POST", f"{record_list}/records", json=a_record(0), headers=headers).status_code == 201

    @pytest.mark.reading
    @pytest.mark.parametrize(
        "content_type", ["application/json", "application/hal+json", "application/json-patch+json"]
    )
    def test_patches_may_come_as_any_of_three(self, api: Api, record_list: str, content_type: str) -> None:
        record = body_of(api.post(f"{record_list}/records", a_record(0)), 201)
        patch = [{"op": "replace", "path": "/priority", "value": 9}]
        assert body_of(api.patch(f"{record_list}/records/{record['id']}", patch, content_type))["priority"] == 9


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("GET", "/campaigns/{id}", "0530002"),
        ("PATCH", "/campaigns/{id}", "0530002"),
        ("DELETE", "/campaigns/{id}", "0530002"),
        ("GET", "/campaigns/{id}/record-lists", "0530002"),
        ("POST", "/campaigns/{id}/record-lists", "0530002"),
        ("DELETE", "/campaigns/{id}/record-lists", "0530002"),
        ("GET", "/campaigns/{id}/do-not-call-lists", "0530002"),
        ("GET", "/campaigns/{id}/users", "0530002"),
        ("POST", "/campaigns/{id}/users", "0530002"),
        ("GET", "/campaigns/{id}/numbers", "0530002"),
        ("POST", "/campaigns/{id}/numbers", "0530002"),
        ("GET", "/record-lists/{id}", "0530910"),
        ("PATCH", "/record-lists/{id}", "0530910"),
        ("POST", "/record-lists/{id}/upload-requests", "0530910"),
        ("PATCH", "/record-lists/{id}/upload-requests/{id}", "0530910"),
        ("PATCH", "{record_list}/upload-requests/{id}", "0530950"),
        ("GET", "/record-lists/{id}/records", "0530910"),
        ("POST", "/record-lists/{id}/records", "0530910"),
        ("DELETE", "/record-lists/{id}/external-records", "0530910"),
        ("GET", "/record-lists/{id}/records/timezones", "0530910"),
        ("POST", "/record-lists/{id}/records/bulks", "0530910"),
        ("PATCH", "/record-lists/{id}/records/bulks", "0530910"),
        ("DELETE", "/record-lists/{id}/records/bulks", "0530910"),
        ("GET", "{record_list}/records/{id}", "0530920"),
        ("PATCH", "{record_list}/records/{id}", "0530920"),
        ("DELETE", "{record_list}/records/{id}", "0530920"),
        ("GET", "/do-not-call-lists/{id}", "0531510"),
        ("GET", "/do-not-call-lists/{id}/entries", "0531510"),
        ("POST", "/do-not-call-lists/{id}/entries", "0531510"),
        ("PATCH", "/do-not-call-lists/{id}/entries", "0531510"),
        ("DELETE", "/do-not-call-lists/{id}/entries", "0531510"),
        ("POST", "/do-not-call-lists/{id}/entries/queries", "0531510"),
        ("GET", "{dnc_list}/entries/{id}", "0531520"),
        ("PATCH", "{dnc_list}/entries/{id}", "0531520"),
        ("DELETE", "{dnc_list}/entries/{id}", "0531520"),
    ],
)
class TestWhatDoesNotExist:
    def test_is_404(self, api: Api, paths: dict[str, str], method: str, path: str, code: str) -> None:
        refused(api.ask(method, path.format_map(paths | {"id": NOBODY}), json=[{}]), 404, code)

    @pytest.mark.reading
    @pytest.mark.parametrize("nobody", ["x", secrets.token_hex(13), secrets.token_hex(16), "5" * 36])
    def test_is_404_under_any_id(
        self, api: Api, paths: dict[str, str], method: str, path: str, code: str, nobody: str
    ) -> None:
        refused(api.ask(method, path.format_map(paths | {"id": nobody}), json=[{}]), 404, code)

    @pytest.mark.reading
    def test_is_404_before_its_body_is_looked_at(
        self, api: Api, paths: dict[str, str], method: str, path: str, code: str
    ) -> None:
        headers = {"Content-Type": "application/json"}
        refused(api.ask(method, path.format_map(paths | {"id": NOBODY}), content=b"{", headers=headers), 404, code)


BROKEN: dict[str, Any] = {"content": b"{", "headers": {"Content-Type": "application/json"}}


@pytest.mark.reading
class TestTheOrderOfRefusals:
    """401, then 403, then 404, then the body."""

    def test_no_token_goes_first(self, stranger: Api) -> None:
        refused(stranger.ask("PATCH", f"/campaigns/{NOBODY}", **BROKEN), 401, "0530004")

    def test_then_the_scope(self, as_scope: AsScope) -> None:
        refused(as_scope("campaigns:read").ask("PATCH", f"/campaigns/{NOBODY}", **BROKEN), 403, "0530003")

    def test_then_what_does_not_exist(self, api: Api) -> None:
        refused(api.ask("PATCH", f"/campaigns/{NOBODY}", **BROKEN), 404, "0530002")

    def test_then_the_body(self, api: Api, campaign: str) -> None:
        refused(api.ask("PATCH", campaign, **BROKEN), 400, "0530001")


@pytest.mark.parametrize("body", [None, [], "text", 5, {}])
@pytest.mark.parametrize(
    ("path", "code"), [("/campaigns", "0530001"), ("/record-lists", "0530900"), ("/do-not-call-lists", "0531500")]
)
def test_a_body_that_is_no_new_resource_is_400(api: Api, path: str, code: str, body: object) -> None:
    refused(api.post(path, body), 400, code)


@pytest.mark.reading
def test_members_that_nobody_knows_are_ignored(api: Api) -> None:
    made = body_of(api.post("/campaigns", {"name": a_name("Conformance"), "conformance": {"a": [1]}}), 201)
    assert "conformance" not in made
    assert api.delete(f"/campaigns/{made['id']}").status_code == 204


def test_links_of_resources_lead_to_themselves(api: Api, campaign: str, record_list: str, dnc_list: str) -> None:
    for path in (campaign, record_list, dnc_list):
        found = body_of(api.get(path))
        again = body_of(api.get(api.path_of(found["_links"]["self"]["href"])))
        assert again["id"] == last_of(path)
