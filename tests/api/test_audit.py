"""Who changed what, when, from what to what; and the way back."""

import csv
import io
import json
from typing import Any

import httpx
import pytest

from outdial.app import audit
from outdial.domain.access import Scope
from tests.api.conftest import Bearer, Parts, a_campaign, created, fields_of, make_ready
from tests.api.test_campaign_settings import put, settings
from tests.conftest import SetClock


async def changes(api: httpx.AsyncClient, path: str = "", **query: str) -> list[dict[str, Any]]:
    """The changes of the campaign at a path, or all of them; the newest first."""
    answer = await api.get(f"/v1{path}/audit", params=query)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["_embedded"]["changes"]
    return found


async def rename(api: httpx.AsyncClient, path: str, name: str) -> httpx.Response:
    answer = await api.patch(path, json={"op": "REPLACE", "path": "name", "value": name})
    assert answer.status_code == 200
    return answer


async def undone(api: httpx.AsyncClient, change: dict[str, Any]) -> httpx.Response:
    return await api.post(f"/v1/audit/{change['id']}/undo")


class TestCampaigns:
    async def test_a_change_says_who_when_and_what_field_by_field(
        self, api: httpx.AsyncClient, clock: SetClock
    ) -> None:
        path = await created(api)
        clock.advance(60)
        answer = await rename(api, path, "Renewals south")
        newest = (await changes(api, path))[0]
        assert (newest["kind"], newest["action"], newest["fields"]) == ("campaign", "changed", ["name"])
        assert (newest["before"], newest["after"]) == ({"name": "Renewals north"}, {"name": "Renewals south"})
        assert newest["request_id"] == answer.headers["x-request-id"]
        assert newest["at"] == "2026-06-01T09:01:00.123Z"
        assert newest["campaign_id"] == newest["thing_id"] == path.split("/")[-1]
        assert newest["client_id"]

    async def test_every_way_to_change_a_campaign_is_written_down(self, api: httpx.AsyncClient, parts: Parts) -> None:
        path = await created(api)
        ids = await make_ready(api, parts, path)
        await api.patch(path, json={"op": "REPLACE", "path": "status", "value": "running"})
        await api.patch(path, json={"op": "REPLACE", "path": "status", "value": "paused"})
        await put(api, path, settings(priority=8))
        await api.request("DELETE", f"{path}/users", json=[{"id": ids["users"]}])
        assert (await api.delete(path)).status_code == 204
        campaign = path.split("/")[-1]
        found = [(change["action"], change["fields"]) for change in await changes(api, campaign_id=campaign)]
        assert found[::-1][1:] == [
            ("changed", ["record_lists"]),
            ("changed", ["users"]),
            ("changed", ["numbers"]),
            ("changed", ["running"]),
            ("changed", ["running"]),
            (
                "changed",
                [
                    "dialing_mode_configuration.max_abandonment_rate",
                    "dialing_mode_configuration.max_dialing_ratio",
                    "priority",
                ],
            ),
            ("changed", ["users"]),
            ("deleted", found[0][1]),
        ]
        assert found[-1][0] == "created"

    async def test_what_changes_nothing_is_not_written(self, api: httpx.AsyncClient) -> None:
        path = await created(api)
        await rename(api, path, "Renewals north")
        document = (await api.get(f"/v1{path}")).json()
        await put(api, path, document)
        assert [change["action"] for change in await changes(api, path)] == ["created"]

    async def test_what_is_refused_is_not_written(self, api: httpx.AsyncClient) -> None:
        path = await created(api)
        await put(api, path, settings(name="Another", users=[{"id": "nobody"}]))
        assert len(await changes(api, path)) == 1


class TestFilters:
    async def test_by_field_action_and_time(self, api: httpx.AsyncClient, clock: SetClock) -> None:
        path = await created(api)
        clock.advance(60)
        await rename(api, path, "Renewals south")
        clock.advance(60)
        await put(api, path, settings(name="Renewals south"))
        assert [change["action"] for change in await changes(api, path, field="name")] == ["changed", "created"]
        (one,) = await changes(api, path, field="dialing_mode_configuration", action="changed")
        assert one["after"]["dialing_mode_configuration.max_abandonment_rate"] == 2.5
        assert len(await changes(api, path, at_from="2026-06-01T09:01:00Z", at_to="2026-06-01T09:01:59Z")) == 1
        assert await changes(api, path, client_id="another") == []
        assert await changes(api, thing_id="no-uuid") == []

    async def test_pages(self, api: httpx.AsyncClient) -> None:
        path = await created(api)
        for name in ("One", "Two", "Three"):
            await rename(api, path, f"Name {name}")
        answer = (await api.get(f"/v1{path}/audit", params={"per_page": 2, "page": 2})).json()
        assert (answer["total"], answer["count"], answer["total_pages"]) == (4, 2, 2)
        assert answer["_embedded"]["changes"][1]["action"] == "created"

    async def test_another_account_sees_nothing_of_it(
        self, api: httpx.AsyncClient, stranger: httpx.AsyncClient, bearer: Bearer
    ) -> None:
        path = await created(api)
        (change,) = await changes(api, path)
        theirs = await bearer(account="other")
        assert (await stranger.get("/v1/audit", headers=theirs)).json()["total"] == 0
        assert (await stranger.get(f"/v1/audit/{change['id']}", headers=theirs)).status_code == 404
        assert (await stranger.post(f"/v1/audit/{change['id']}/undo", headers=theirs)).status_code == 404

    async def test_it_needs_its_own_scope(self, stranger: httpx.AsyncClient, bearer: Bearer) -> None:
        headers = await bearer(Scope.CAMPAIGNS_READ)
        assert (await stranger.get("/v1/audit", headers=headers)).status_code == 403


class TestUndo:
    async def test_it_brings_back_what_was_before_and_is_itself_a_change(self, api: httpx.AsyncClient) -> None:
        path = await created(api)
        before = (await api.get(f"/v1{path}")).json()
        await put(api, path, settings(mode="PROGRESSIVE", holidays=["US"], priority=2))
        change = (await changes(api, path))[0]
        answer = await undone(api, change)
        assert answer.status_code == 201, answer.text
        assert answer.json()["undoes"] == change["id"]
        after = (await api.get(f"/v1{path}")).json()
        moved = ("version", "updated_at")
        assert {k: v for k, v in after.items() if k not in moved} == {k: v for k, v in before.items() if k not in moved}

    async def test_an_undo_can_be_undone(self, api: httpx.AsyncClient) -> None:
        path = await created(api)
        await rename(api, path, "Renewals south")
        back = (await undone(api, (await changes(api, path))[0])).json()
        assert (await undone(api, back)).status_code == 201
        assert (await api.get(path)).json()["name"] == "Renewals south"

    async def test_other_fields_keep_what_was_done_to_them_since(self, api: httpx.AsyncClient) -> None:
        path = await created(api)
        await rename(api, path, "Renewals south")
        renamed = (await changes(api, path))[0]
        await api.patch(path, json={"op": "REPLACE", "path": "priority", "value": "9"})
        assert (await undone(api, renamed)).status_code == 201
        now = (await api.get(path)).json()
        assert (now["name"], now["priority"]) == ("Renewals north", 9)

    async def test_a_field_that_was_changed_again_stands_in_the_way(self, api: httpx.AsyncClient) -> None:
        path = await created(api)
        await rename(api, path, "Renewals south")
        first = (await changes(api, path))[0]
        await rename(api, path, "Renewals west")
        await rename(api, path, "Renewals south")
        answer = await undone(api, first)
        assert (answer.status_code, answer.json()["code"]) == (409, "changed-since")
        assert fields_of(answer) == {"name"}

    async def test_assignments_come_back(self, api: httpx.AsyncClient, parts: Parts) -> None:
        path = await created(api)
        ids = await make_ready(api, parts, path)
        await api.request("DELETE", f"{path}/users", json=[{"id": ids["users"]}])
        assert (await api.get(path)).json()["status"] == "INCOMPLETE"
        assert (await undone(api, (await changes(api, path))[0])).status_code == 201
        assert (await api.get(path)).json()["status"] == "READY"

    async def test_a_start_is_undone_by_a_pause(self, api: httpx.AsyncClient, parts: Parts) -> None:
        path = await created(api)
        await make_ready(api, parts, path)
        await api.patch(path, json={"op": "REPLACE", "path": "status", "value": "running"})
        assert (await undone(api, (await changes(api, path))[0])).status_code == 201
        assert (await api.get(path)).json()["status"] == "PAUSED"

    async def test_that_a_campaign_was_made_cannot_be_undone(self, api: httpx.AsyncClient) -> None:
        path = await created(api, a_campaign(name="Once"))
        answer = await undone(api, (await changes(api, path))[0])
        assert (answer.status_code, answer.json()["code"]) == (422, "change-not-undoable")

    async def test_a_change_that_is_not_there(self, api: httpx.AsyncClient) -> None:
        for change_id in ("00000000-0000-4000-8000-000000000000", "nothing"):
            assert (await api.post(f"/v1/audit/{change_id}/undo")).status_code == 404
            assert (await api.get(f"/v1/audit/{change_id}")).status_code == 404


class TestAFileOfAll:
    async def test_has_a_line_for_each_change_with_the_filters_of_the_list(
        self, api: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(audit, "_A_PIECE", 2)
        path = await created(api)
        for name in ("=HYPERLINK(1)", 'A "name", with\nlines', "Três"):
            await rename(api, path, name)
        listed = await changes(api, kind="campaign")
        answer = await api.get("/v1/audit/export", params={"kind": "campaign", "format": "jsonl"})
        assert answer.headers["content-type"].startswith("application/x-ndjson")
        lines = [json.loads(line) for line in answer.text.splitlines()]
        assert lines == [{name: value for name, value in one.items() if name != "_links"} for one in listed]
        answer = await api.get("/v1/audit/export", params={"field": "name", "action": "changed"})
        assert answer.headers["content-disposition"] == 'attachment; filename="audit.csv"'
        rows = list(csv.DictReader(io.StringIO(answer.text)))
        assert [json.loads(row["after"]) for row in rows] == [one["after"] for one in listed[:3]]
        assert [row["id"] for row in rows] == [one["id"] for one in listed[:3]]
        assert all(row["undoes"] == "" and row["request_id"] for row in rows)

    async def test_is_a_header_alone_where_nothing_fits_and_refuses_what_is_no_filter(
        self, api: httpx.AsyncClient, bearer: Bearer
    ) -> None:
        empty = await api.get("/v1/audit/export", params={"thing_id": "none of ours"})
        assert empty.text.count("\n") == 1 and empty.text.startswith("at,kind,")
        wrong = await api.get("/v1/audit/export", params={"format": "xls", "kind": "cat"})
        assert (wrong.status_code, fields_of(wrong)) == (400, {"format", "kind"})
        forbidden = await api.get("/v1/audit/export", headers=await bearer(Scope.CAMPAIGNS_READ))
        assert forbidden.status_code == 403
