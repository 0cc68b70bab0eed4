"""Teams over HTTP: their home, their members, and the lists and campaigns that belong to them."""

from typing import Any

import httpx
import pytest

from outdial.domain.access import Scope
from tests.api.conftest import BASE_URL, Bearer, Parts, created, fields_of
from tests.api.test_record_lists import a_list

NOBODY = "9e2d7a64-1c3f-4d0b-8f55-6a1e2b3c4d5e"


async def a_team(api: httpx.AsyncClient, name: str = "Retention") -> str:
    """The id of a new team."""
    answer = await api.post("/v1/teams", json={"name": name})
    assert answer.status_code == 201, answer.text
    made: str = answer.json()["id"]
    return made


async def a_dnc_list(api: httpx.AsyncClient) -> str:
    answer = await api.post("/do-not-call-lists", json={"name": "Opt-outs"})
    return f"/do-not-call-lists/{answer.json()['id']}"


async def owner(api: httpx.AsyncClient, kind: str) -> str:
    """The path of the teams of a new thing."""
    match kind:
        case "record-lists":
            return f"{await a_list(api)}/teams"
        case "do-not-call-lists":
            return f"{await a_dnc_list(api)}/teams"
    return f"/v1{await created(api)}/teams"


def named(*ids: str) -> list[dict[str, str]]:
    return [{"id": one} for one in ids]


async def teams_at(api: httpx.AsyncClient, path: str) -> list[str]:
    answer = await api.get(path)
    assert answer.status_code == 200, answer.text
    return [team["id"] for team in answer.json()["_embedded"]["teams"]]


async def take(api: httpx.AsyncClient, path: str, *ids: str) -> httpx.Response:
    return await api.request("DELETE", path, json=named(*ids))


class TestHome:
    async def test_a_team_is_made_shown_renamed_and_deleted(self, api: httpx.AsyncClient) -> None:
        answer = await api.post("/v1/teams", json={"name": " Retention "})
        body = answer.json()
        address = f"{BASE_URL}/v1/teams/{body['id']}"
        assert (answer.status_code, answer.headers["location"], body["name"]) == (201, address, "Retention")
        assert body["_links"] == {"self": {"href": address}, "teams": {"href": f"{BASE_URL}/v1/teams"}}
        assert (await api.get(address)).json() == body
        renamed = await api.patch(address, json={"name": "Renewals"})
        assert (renamed.status_code, renamed.json()) == (200, body | {"name": "Renewals"})
        assert (await api.get(address)).json()["name"] == "Renewals"
        assert (await api.delete(address)).status_code == 204
        answer = await api.get(address)
        assert (answer.status_code, answer.json()["code"]) == (404, "team-not-found")

    async def test_teams_are_listed_in_pages_the_oldest_first(self, api: httpx.AsyncClient) -> None:
        ids = [await a_team(api, name) for name in ("North", "South", "East")]
        page = (await api.get("/v1/teams", params={"per_page": 2, "page": 2})).json()
        assert (page["total"], page["count"], [team["id"] for team in page["_embedded"]["teams"]]) == (3, 1, ids[2:])

    async def test_two_teams_of_an_account_cannot_share_a_name(
        self, api: httpx.AsyncClient, stranger: httpx.AsyncClient, bearer: Bearer
    ) -> None:
        await a_team(api, "North")
        south = await a_team(api, "South")
        for answer in (
            await api.post("/v1/teams", json={"name": "North"}),
            await api.patch(f"/v1/teams/{south}", json={"name": "North"}),
        ):
            assert (answer.status_code, answer.json()["code"]) == (409, "team-name-taken")
        assert (await api.get(f"/v1/teams/{south}")).json()["name"] == "South"
        other = await stranger.post("/v1/teams", json={"name": "North"}, headers=await bearer(account="acme"))
        assert other.status_code == 201

    async def test_a_rename_to_nothing_or_to_the_same_changes_nothing(self, api: httpx.AsyncClient) -> None:
        path = f"/v1/teams/{await a_team(api, 'North')}"
        for body in ({}, {"name": "North"}, {"name": None}):
            answer = await api.patch(path, json=body)
            assert (answer.status_code, answer.json()["name"]) == (200, "North")

    @pytest.mark.parametrize(
        "body", [{}, {"name": ""}, {"name": "  "}, {"name": "x" * 101}, {"name": "a\nb"}, {"name": 7}]
    )
    async def test_a_name_has_1_to_100_printable_characters(self, api: httpx.AsyncClient, body: dict[str, Any]) -> None:
        answer = await api.post("/v1/teams", json=body)
        assert (answer.status_code, answer.json()["code"], fields_of(answer)) == (400, "invalid", {"name"})

    @pytest.mark.parametrize("kind", ["record-lists", "do-not-call-lists", "campaigns"])
    async def test_a_team_to_which_something_belongs_cannot_be_deleted(self, api: httpx.AsyncClient, kind: str) -> None:
        team, path = await a_team(api), await owner(api, kind)
        await api.post(path, json=named(team))
        answer = await api.delete(f"/v1/teams/{team}")
        assert (answer.status_code, answer.json()["code"]) == (409, "team-in-use")
        await take(api, path, team)
        assert (await api.delete(f"/v1/teams/{team}")).status_code == 204

    async def test_each_half_of_the_home_has_a_scope_of_its_own(
        self, stranger: httpx.AsyncClient, bearer: Bearer
    ) -> None:
        reads, writes = await bearer(Scope.TEAMS_READ), await bearer(Scope.TEAMS_WRITE)
        assert (await stranger.get("/v1/teams", headers=reads)).status_code == 200
        assert (await stranger.get("/v1/teams", headers=writes)).status_code == 403
        refused = await stranger.post("/v1/teams", json={"name": "North"}, headers=reads)
        assert (refused.status_code, refused.json()["code"]) == (403, "scope-missing")
        assert (await stranger.post("/v1/teams", json={"name": "North"}, headers=writes)).status_code == 201


class TestMembers:
    async def test_users_join_and_leave(self, api: httpx.AsyncClient, parts: Parts) -> None:
        path = f"/v1/teams/{await a_team(api)}/users"
        ana, bea = await parts.user(), await parts.user()
        for _ in range(2):
            assert (await api.post(path, json=named(ana, bea))).status_code == 204
        page = (await api.get(path)).json()
        assert [user["id"] for user in page["_embedded"]["users"]] == [ana, bea]
        assert page["_embedded"]["users"][0]["_links"]["self"] == {"href": f"{BASE_URL}/v1/users/{ana}"}
        for _ in range(2):
            assert (await take(api, path, ana)).status_code == 204
        assert [user["id"] for user in (await api.get(path)).json()["_embedded"]["users"]] == [bea]

    async def test_an_unknown_user_is_named_and_nothing_is_changed(
        self, api: httpx.AsyncClient, bearer: Bearer, parts: Parts
    ) -> None:
        await bearer(account="acme")
        path = f"/v1/teams/{await a_team(api)}/users"
        ana, foreign = await parts.user(), await parts.user(account="acme")
        for bad in (NOBODY, foreign, "59df62c81507b35a7cf2bbaa"):
            answer = await api.post(path, json=named(ana, bad))
            assert (answer.status_code, fields_of(answer)) == (400, {"1.id"})
        assert (await api.get(path)).json()["total"] == 0

    async def test_a_removed_user_is_in_no_team(self, api: httpx.AsyncClient, parts: Parts) -> None:
        path = f"/v1/teams/{await a_team(api)}/users"
        ana = await parts.user()
        await api.post(path, json=named(ana))
        await api.delete(f"/v1/users/{ana}")
        assert (await api.get(path)).json()["total"] == 0


@pytest.mark.parametrize("kind", ["record-lists", "do-not-call-lists", "campaigns"])
class TestEveryKind:
    async def test_things_are_given_to_teams_and_taken_away(self, api: httpx.AsyncClient, kind: str) -> None:
        path, north, south = await owner(api, kind), await a_team(api, "North"), await a_team(api, "South")
        for _ in range(2):
            answer = await api.post(path, json=named(south))
            assert answer.status_code == 201
        assert [team["id"] for team in answer.json()["_embedded"]["teams"]] == [south]
        await api.post(path, json=named(north))
        assert await teams_at(api, path) == [north, south]
        for _ in range(2):
            answer = await take(api, path, south)
            assert (answer.status_code, answer.content) == (204, b"")
        assert await teams_at(api, path) == [north]

    async def test_a_page_of_teams_has_names_and_links(self, api: httpx.AsyncClient, kind: str) -> None:
        path, north = await owner(api, kind), await a_team(api, "North")
        page = (await api.post(path, json=named(north))).json()
        assert page == {
            "total": 1,
            "count": 1,
            "page": 1,
            "per_page": 50,
            "total_pages": 1,
            "_embedded": {
                "teams": [
                    {
                        "id": north,
                        "name": "North",
                        "_links": {
                            "self": {"href": f"{BASE_URL}/v1/teams/{north}"},
                            "teams": {"href": f"{BASE_URL}/v1/teams"},
                        },
                    }
                ]
            },
            "_links": {name: {"href": f"{BASE_URL}{path}?page=1&per_page=50"} for name in ("self", "first", "last")},
        }
        assert (await api.get(path)).json() == page
        assert (await api.get(path, params={"per_page": 500})).status_code == 200
        assert (await api.get(path, params={"per_page": 501})).status_code == 400

    async def test_an_unknown_team_is_named_and_nothing_is_changed(
        self, api: httpx.AsyncClient, stranger: httpx.AsyncClient, bearer: Bearer, kind: str
    ) -> None:
        path, north = await owner(api, kind), await a_team(api, "North")
        foreign = await a_team(
            httpx.AsyncClient(transport=api._transport, base_url=BASE_URL, headers=await bearer(account="acme"))
        )
        codes = {
            "record-lists": ("0530900", "0530964"),
            "do-not-call-lists": ("0531500", "0531526"),
            "campaigns": ("invalid", "team-invalid"),
        }[kind]
        for bad in (NOBODY, foreign, "7c9e6679f3b24d6c8a1b0c2d3e4f5a6b"):
            given = await api.post(path, json=named(north, bad))
            assert (given.status_code, given.json()["code"], fields_of(given)) == (400, codes[0], {"1.id"})
            taken = await take(api, path, north, bad)
            assert (taken.status_code, taken.json()["code"], fields_of(taken)) == (400, codes[1], {"1.id"})
        assert await teams_at(api, path) == []

    @pytest.mark.parametrize("body", [[], {}, [{}], ["x"], [{"id": 7}], [{"id": ""}], [{"id": "x" * 37}], "x", 5])
    async def test_another_body_is_refused(self, api: httpx.AsyncClient, kind: str, body: object) -> None:
        path = await owner(api, kind)
        for method in ("POST", "DELETE"):
            assert (await api.request(method, path, json=body)).status_code == 400

    async def test_no_more_than_100_at_once(self, api: httpx.AsyncClient, kind: str) -> None:
        answer = await api.post(await owner(api, kind), json=[{"id": "x"}] * 101)
        assert fields_of(answer) == {"body"}

    async def test_another_accounts_thing_does_not_exist(
        self, api: httpx.AsyncClient, stranger: httpx.AsyncClient, bearer: Bearer, kind: str
    ) -> None:
        path = await owner(api, kind)
        headers = await bearer(account="acme")
        code = {"record-lists": "0530910", "do-not-call-lists": "0531510", "campaigns": "campaign-not-found"}[kind]
        methods = ["GET", "POST", "DELETE"] + ["PUT"] * (kind != "do-not-call-lists")
        for method in methods:
            answer = await stranger.request(method, path, headers=headers, content=b"{")
            assert (answer.status_code, answer.json()["code"]) == (404, code)

    async def test_a_scope_is_needed(self, stranger: httpx.AsyncClient, bearer: Bearer, kind: str) -> None:
        headers = await bearer(Scope.TEAMS_READ, Scope.TEAMS_WRITE)
        path = f"{'/v1' * (kind == 'campaigns')}/{kind}/{NOBODY}/teams"
        code = {"record-lists": "0530902", "do-not-call-lists": "0531502", "campaigns": "scope-missing"}[kind]
        for method in ("GET", "POST", "DELETE"):
            answer = await stranger.request(method, path, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (403, code)


class TestReplacing:
    @pytest.mark.parametrize("kind", ["record-lists", "campaigns"])
    async def test_a_put_leaves_no_other_team(self, api: httpx.AsyncClient, kind: str) -> None:
        path = await owner(api, kind)
        north, south, east = [await a_team(api, name) for name in ("North", "South", "East")]
        await api.post(path, json=named(north, south))
        answer = await api.put(path, json=named(south, east))
        assert answer.status_code == 201
        assert [team["id"] for team in answer.json()["_embedded"]["teams"]] == [south, east]

    async def test_teams_of_do_not_call_lists_cannot_be_replaced(self, api: httpx.AsyncClient) -> None:
        answer = await api.put(await owner(api, "do-not-call-lists"), json=named(await a_team(api)))
        assert (answer.status_code, answer.json()["code"]) == (405, "0531500")


class TestCampaignsOfOtherTeams:
    """A list that a campaign of a team uses stays with one of the campaign's teams, or with everybody."""

    @pytest.fixture
    async def used(self, api: httpx.AsyncClient) -> dict[str, str]:
        """A list of North and South in a campaign of North, and three teams."""
        record_list, campaign = await a_list(api), await created(api)
        await api.post(f"{campaign}/record-lists", json=named(record_list.rpartition("/")[2]))
        teams = {name: await a_team(api, name) for name in ("North", "South", "East")}
        await api.post(f"{record_list}/teams", json=named(teams["North"], teams["South"]))
        await api.post(f"/v1{campaign}/teams", json=named(teams["North"]))
        return teams | {"path": f"{record_list}/teams", "campaign": campaign}

    async def test_replacing_is_refused_with_the_campaigns_by_name(
        self, api: httpx.AsyncClient, used: dict[str, str]
    ) -> None:
        answer = await api.put(used["path"], json=named(used["South"], used["East"]))
        assert (answer.status_code, answer.json()["code"]) == (417, "0530965")
        assert fields_of(answer) == {"Renewals north"}
        assert "description" not in answer.json()
        assert await teams_at(api, used["path"]) == [used["North"], used["South"]]
        assert (await api.put(used["path"], json=named(used["North"], used["East"]))).status_code == 201

    async def test_removing_is_refused_with_the_campaigns_by_name(
        self, api: httpx.AsyncClient, used: dict[str, str]
    ) -> None:
        answer = await take(api, used["path"], used["North"])
        assert (answer.status_code, answer.json()["code"]) == (417, "0530966")
        assert fields_of(answer) == {"Renewals north"}
        assert await teams_at(api, used["path"]) == [used["North"], used["South"]]
        assert (await take(api, used["path"], used["South"])).status_code == 204

    async def test_a_list_without_teams_is_everybodys(self, api: httpx.AsyncClient, used: dict[str, str]) -> None:
        assert (await take(api, used["path"], used["North"], used["South"])).status_code == 204

    async def test_once_the_list_is_unlinked_its_teams_may_change(
        self, api: httpx.AsyncClient, used: dict[str, str]
    ) -> None:
        await take(api, f"{used['campaign']}/record-lists", used["path"].split("/")[2])
        assert (await api.put(used["path"], json=named(used["East"]))).status_code == 201

    async def test_campaigns_of_no_team_do_not_mind(self, api: httpx.AsyncClient, used: dict[str, str]) -> None:
        await take(api, f"/v1{used['campaign']}/teams", used["North"])
        assert (await api.put(used["path"], json=named(used["East"]))).status_code == 201


class TestLists:
    """Lists and campaigns show their teams to those who ask, and are found by them."""

    @pytest.mark.parametrize("kind", ["record-lists", "do-not-call-lists", "campaigns"])
    async def test_teams_are_shown_where_they_are_asked_for(self, api: httpx.AsyncClient, kind: str) -> None:
        north, south = await a_team(api, "North"), await a_team(api, "South")
        path, _ = await owner(api, kind), await owner(api, kind)
        await api.post(path, json=named(north, south))
        thing, fields = path.removeprefix("/v1").removesuffix("/teams"), "teams" if kind == "campaigns" else "TEAMS"
        (items,) = (await api.get(f"/{kind}", params={"fields": fields})).json()["_embedded"].values()
        teams = [
            {"id": team, "name": name, "_links": {"self": {"href": f"{BASE_URL}/v1/teams/{team}"}}}
            for team, name in ((north, "North"), (south, "South"))
        ]
        assert {item["id"] == thing.rpartition("/")[2]: item["teams"] for item in items} == {True: teams, False: []}
        assert "teams" not in (await api.get(thing)).json()
        if kind != "campaigns":
            assert (await api.get(thing, params={"fields": fields})).json()["teams"] == teams

    @pytest.mark.parametrize("kind", ["record-lists", "do-not-call-lists"])
    async def test_lists_are_found_by_their_teams(self, api: httpx.AsyncClient, kind: str) -> None:
        north, south, east = [await a_team(api, name) for name in ("North", "South", "East")]
        of_north, of_both, of_none = [(await owner(api, kind)).split("/")[2] for _ in range(3)]
        await api.post(f"/{kind}/{of_north}/teams", json=named(north))
        await api.post(f"/{kind}/{of_both}/teams", json=named(north, south))

        async def found(**query: Any) -> set[str]:
            answer = await api.get(f"/{kind}", params=query)
            assert answer.status_code == 200, answer.text
            (items,) = answer.json()["_embedded"].values()
            assert answer.json()["total"] == len(items)
            return {item["id"] for item in items}

        assert await found(team_id=north) == {of_north, of_both}
        assert await found(team_ids=[south, east]) == {of_both}
        assert await found(team_id=east) == await found(team_id=NOBODY) == await found(team_id="x") == set()
        assert await found(team_id=south, include_none_team="true") == {of_both, of_none}
        assert await found(team_id="x", include_none_team="true") == {of_none}
        assert await found(include_none_team="true") == {of_north, of_both, of_none}
        assert (await api.get(f"/{kind}", params={"include_none_team": "perhaps"})).status_code == 400

    async def test_campaigns_are_found_by_their_team(self, api: httpx.AsyncClient) -> None:
        north = await a_team(api, "North")
        ours, _ = await created(api), await created(api)
        await api.post(f"/v1{ours}/teams", json=named(north))
        for team, expected in ((north, [ours.rpartition("/")[2]]), (NOBODY, []), ("x", [])):
            answer = await api.get("/campaigns", params={"team_id": team})
            assert [campaign["id"] for campaign in answer.json()["_embedded"]["campaigns"]] == expected
