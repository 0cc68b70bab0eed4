"""The document of the API: whole, true to the standard, and with examples that fit."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import jsonschema_rs
import pytest

from outdial.api.describe import undescribed
from outdial.api.http import ROUTERS, document
from outdial.api.openapi import SCOPES
from outdial.domain.access import Scope
from tests.api.held_against import NotAsDescribed, check

METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture(scope="module")
def drawn() -> dict[str, Any]:
    return document()


def operations(drawn: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in drawn["paths"].items():
        for method, operation in methods.items():
            assert method in METHODS
            yield f"{method.upper()} {path}", operation


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        part = list(part.values())
    if isinstance(part, list):
        for one in part:
            yield from references(one)


class TestTheDocument:
    def test_every_reference_leads_somewhere(self, drawn: dict[str, Any]) -> None:
        for reference in references(drawn):
            part = drawn
            for step in reference.removeprefix("#/").split("/"):
                part = part[step]

    def test_every_operation_has_a_name_of_its_own(self, drawn: dict[str, Any]) -> None:
        names = [operation["operationId"] for _, operation in operations(drawn)]
        assert sorted(names) == sorted(set(names))

    def test_every_scope_is_explained(self, drawn: dict[str, Any]) -> None:
        assert not {scope.value for scope in Scope} - SCOPES.keys()
        flow = drawn["components"]["securitySchemes"]["oauth"]["flows"]["clientCredentials"]
        assert set(flow["scopes"]) == {scope.value for scope in Scope}

    def test_scopes_are_those_that_the_route_demands(self, drawn: dict[str, Any]) -> None:
        assert drawn["paths"]["/campaigns"]["post"]["security"] == [{"oauth": ["campaigns:read", "campaigns:write"]}]
        assert drawn["paths"]["/campaigns/{campaign_id}"]["get"]["security"] == [{"oauth": ["campaigns:read"]}]

    def test_errors_have_the_codes_of_their_paths(self, drawn: dict[str, Any]) -> None:
        def codes(operation: dict[str, Any], status: str) -> list[str]:
            answer = drawn["components"]["responses"][operation["responses"][status]["$ref"].rpartition("/")[2]]
            found: list[str] = answer["content"]["application/hal+json"]["schema"]["properties"]["code"]["enum"]
            return found

        campaign = drawn["paths"]["/campaigns/{campaign_id}"]
        assert codes(campaign["delete"], "404") == ["0530002"]
        assert codes(campaign["delete"], "409") == ["0530005"]
        assert codes(campaign["patch"], "422") == ["0530008"]
        assert codes(drawn["paths"]["/v1/campaigns/{campaign_id}/activity"]["get"], "404") == ["campaign-not-found"]

    def test_an_id_that_was_made_leads_to_all_that_can_be_asked_about_it(self, drawn: dict[str, Any]) -> None:
        links = drawn["paths"]["/campaigns"]["post"]["responses"]["201"]["links"]
        assert links["campaign_details"] == {
            "operationId": "campaign_details",
            "parameters": {"campaign_id": "$response.body#/id"},
        }
        assert {"delete_campaign", "patch_campaign", "assign_users", "campaign_activity"} <= links.keys()


async def test_the_api_serves_its_document_without_a_token(stranger: httpx.AsyncClient, drawn: dict[str, Any]) -> None:
    answer = await stranger.get("/openapi.json")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == drawn


def test_every_route_describes_itself() -> None:
    assert undescribed([route for router in ROUTERS for route in router.routes]) == []


def test_no_path_stands_twice() -> None:
    pairs = [(route.path, tuple(getattr(route, "methods", ()))) for router in ROUTERS for route in router.routes]  # type: ignore[attr-defined]
    assert len(pairs) == len(set(pairs))


class TestThePage:
    async def test_it_takes_nothing_from_another_host(self, stranger: httpx.AsyncClient) -> None:
        page = await stranger.get("/docs")
        assert page.headers["content-type"].startswith("text/html")
        assert "default-src 'self'" in page.headers["content-security-policy"]
        parts = re.findall(r'(?:src|href)="([^"]*)"', page.text)
        assert [part for part in parts if "://" in part or part.startswith("//")] == []
        for part in parts:
            if not part.startswith("data:"):
                answer = await stranger.get(f"/{part}")
                assert (answer.status_code, len(answer.content) > 0) == (200, True)

    async def test_only_its_own_files_are_served(self, stranger: httpx.AsyncClient) -> None:
        for name in ("__init__.py", "..%2F__init__.py", "swagger-ui.js"):
            assert (await stranger.get(f"/docs/{name}")).status_code == 404


def test_the_file_in_docs_is_up_to_date(drawn: dict[str, Any]) -> None:
    file = Path(__file__).parents[2] / "docs" / "openapi.json"
    assert json.loads(file.read_text(encoding="utf-8")) == drawn, "run `make openapi` and commit docs/openapi.json"


class TestExamples:
    def test_every_body_and_answer_has_one_that_fits(self, drawn: dict[str, Any]) -> None:
        wrong = []
        # To take all components in takes long: many bodies and answers have one schema.
        validators: dict[str, jsonschema_rs.Draft202012Validator] = {}
        for name, operation in operations(drawn):
            contents = [operation.get("requestBody", {}).get("content", {})]
            contents += [resolved(drawn, answer).get("content", {}) for answer in operation["responses"].values()]
            for content in contents:
                for kind, media in content.items():
                    if ("json" not in kind and "form" not in kind) or not media["schema"]:  # a file: no body of ours
                        continue
                    example = resolved(drawn, media["examples"]["example"])["value"]
                    key = json.dumps(media["schema"], sort_keys=True)
                    if key not in validators:
                        schema = {**media["schema"], "components": {"schemas": drawn["components"]["schemas"]}}
                        validators[key] = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
                    wrong += [f"{name}: {error.message}" for error in validators[key].iter_errors(example)]
        assert wrong == []


def resolved(drawn: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in part:
        return part
    found: Any = drawn
    for step in part["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    assert isinstance(found, dict)
    return found


class TestHoldingAnswersAgainstIt:
    """The check that every test of the API goes through (`held_against.py`) does find what it looks for."""

    @staticmethod
    def check(status: int, body: Any, **headers: str) -> None:
        request = httpx.Request("GET", "http://outdial.test/campaigns/1")
        kind = {"content-type": "application/hal+json", "x-request-id": "1"}
        check(request, httpx.Response(status, content=json.dumps(body), headers={**kind, **headers}))

    @pytest.fixture
    def campaign(self, drawn: dict[str, Any]) -> dict[str, Any]:
        example: dict[str, Any] = drawn["components"]["examples"]["campaign_details-200"]["value"]
        return dict(example)

    def test_what_is_described_passes(self, campaign: dict[str, Any]) -> None:
        self.check(200, campaign)
        self.check(404, {"code": "0530002", "message": "no"})

    def test_a_status_that_is_not_described_fails(self) -> None:
        with pytest.raises(NotAsDescribed):
            self.check(418, {})

    def test_a_member_too_little_or_too_many_fails(self, campaign: dict[str, Any]) -> None:
        with pytest.raises(NotAsDescribed):
            self.check(200, campaign | {"secret": 1})
        del campaign["name"]
        with pytest.raises(NotAsDescribed):
            self.check(200, campaign)

    def test_a_code_that_is_not_of_this_path_fails(self) -> None:
        with pytest.raises(NotAsDescribed):
            self.check(404, {"code": "0530910", "message": "no"})

    def test_a_null_fails(self, campaign: dict[str, Any]) -> None:
        with pytest.raises(NotAsDescribed):
            self.check(200, campaign | {"dialing_mode": None})
