"""The document of the API: whole, true to the standard, and with examples that fit."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from outdial.api.http import ROUTERS, document
from outdial.api.openapi import SCOPES
from outdial.domain.access import Scope

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


def test_no_path_stands_twice() -> None:
    pairs = [(route.path, tuple(route.methods)) for router in ROUTERS for route in router.routes]  # type: ignore[attr-defined]
    assert len(pairs) == len(set(pairs))
