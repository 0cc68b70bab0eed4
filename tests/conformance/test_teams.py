"""Teams of record lists and of do-not-call lists."""

import pytest

from .conftest import AsScope
from .kit import NOBODY, Api, Settings, a_full_campaign, a_name, body_of, embedded, ids, no_body, refused
from .shapes import TEAM_PAGE, fits

LISTS = [("record_list", "0530910"), ("dnc_list", "0531510")]


@pytest.fixture
def team(settings: Settings) -> str:
    if settings.team_id is None:
        pytest.skip("CONFORMANCE_TEAM_ID names no team")
    return settings.team_id


@pytest.fixture
def paths(record_list: str, dnc_list: str) -> dict[str, str]:
    return {"record_list": f"{record_list}/teams", "dnc_list": f"{dnc_list}/teams"}


@pytest.mark.parametrize(("kind", "code"), LISTS)
class TestOfAList:
    def test_there_are_none_at_first(self, api: Api, paths: dict[str, str], kind: str, code: str) -> None:
        body = body_of(api.get(paths[kind]))
        fits(TEAM_PAGE, body)
        assert embedded(body, "teams") == []

    def test_one_is_added_shown_and_taken_away(
        self, api: Api, paths: dict[str, str], kind: str, code: str, team: str
    ) -> None:
        path = paths[kind]
        added = body_of(api.post(path, [{"id": team}]), 201)
        fits(TEAM_PAGE, added)
        assert ids(embedded(added, "teams")) == [team]
        assert ids(embedded(body_of(api.get(path)), "teams")) == [team]
        whole = body_of(api.get(path.removesuffix("/teams"), fields="TEAMS"))
        assert ids(whole["teams"]) == [team]
        no_body(api.delete(path, [{"id": team}]))
        assert embedded(body_of(api.get(path)), "teams") == []

    def test_lists_are_found_by_them(self, api: Api, paths: dict[str, str], kind: str, code: str, team: str) -> None:
        path = paths[kind]
        body_of(api.post(path, [{"id": team}]), 201)
        home, own = path.removesuffix("/teams").rsplit("/", 1)
        found = body_of(api.get(home, team_id=team, per_page=500))
        assert own in ids(next(iter(found["_embedded"].values())))

    @pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
    def test_of_no_list_are_404(self, api: Api, paths: dict[str, str], kind: str, code: str, method: str) -> None:
        nowhere = f"{paths[kind].split('/')[1]}/{NOBODY}/teams"
        refused(api.ask(method, f"/{nowhere}", json=[{"id": NOBODY}]), 404, code)

    @pytest.mark.parametrize("body", [[], {}, [{}], [{"id": ""}], [{"id": "x" * 37}], [{"id": NOBODY}] * 101])
    def test_what_is_no_array_of_1_to_100_ids_is_refused(
        self, api: Api, paths: dict[str, str], kind: str, code: str, body: object
    ) -> None:
        assert api.post(paths[kind], body).status_code == 400

    def test_a_team_that_nobody_knows_cannot_be_taken_away(
        self, api: Api, paths: dict[str, str], kind: str, code: str
    ) -> None:
        wanted = {"record_list": "0530964", "dnc_list": "0531526"}[kind]
        refused(api.delete(paths[kind], [{"id": NOBODY}]), 400, wanted)

    def test_are_for_those_who_manage_lists(
        self, as_scope: AsScope, paths: dict[str, str], kind: str, code: str
    ) -> None:
        wanted = {"record_list": "0530902", "dnc_list": "0531502"}[kind]
        refused(as_scope("campaigns:read").get(paths[kind]), 403, wanted)


def test_put_replaces_the_teams_of_a_record_list(api: Api, record_list: str, team: str) -> None:
    body = body_of(api.put(f"{record_list}/teams", [{"id": team}]), 201)
    fits(TEAM_PAGE, body)
    assert ids(embedded(body, "teams")) == [team]


def test_campaigns_are_found_by_the_team_field(api: Api) -> None:
    path = f"/campaigns/{body_of(api.post('/campaigns', a_full_campaign(a_name('Conformance'))), 201)['id']}"
    listed = body_of(api.get("/campaigns", fields="teams", per_page=1))
    assert all(isinstance(one["teams"], list) for one in embedded(listed, "campaigns"))
    no_body(api.delete(path))
