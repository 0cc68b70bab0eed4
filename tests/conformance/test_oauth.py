"""The token endpoint (client credentials), introspection, keys, and what a token is good for."""

import httpx
import pytest

from .conftest import AsScope
from .kit import TIMEOUT, Api, Settings, refused, token_of
from .shapes import INTROSPECTION, KEY_SET, fits


def oauth_error(answer: httpx.Response, status: int, *errors: str) -> None:
    body = answer.json()
    assert answer.status_code == status, answer.text
    assert isinstance(body["error"], str) and isinstance(body["error_description"], str), body
    assert not errors or body["error"] in errors, body


def test_a_token_is_a_bearer_token_with_its_lifetime_and_its_scopes(settings: Settings) -> None:
    answer = token_of(settings, grant_type="client_credentials", scope="campaigns:read record-lists:manage")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].partition(";")[0] == "application/json"
    body = answer.json()
    assert isinstance(body["access_token"], str) and body["access_token"]
    assert body["token_type"] == "Bearer"
    assert isinstance(body["expires_in"], int) and body["expires_in"] > 0
    assert set(body["scope"].split()) == {"campaigns:read", "record-lists:manage"}
    assert "refresh_token" not in body


def test_without_a_scope_it_has_all_that_the_client_was_granted(settings: Settings) -> None:
    granted = token_of(settings, grant_type="client_credentials").json()["scope"].split()
    assert "campaigns:read" in granted


def test_a_service_token_is_opaque_and_lives_as_long_as_was_asked(settings: Settings) -> None:
    form = {"grant_type": "client_credentials", "scope": "campaigns:read", "token_type": "opaque"}
    body = token_of(settings, **form, expires_in="86400").json()
    assert body["expires_in"] == 86400
    assert body["access_token"].startswith("tdst_")
    client = Api(settings, body["access_token"])
    assert client.get("/campaigns").status_code == 200
    client.close()


@pytest.mark.parametrize("seconds", ["86399", "31556953", "soon"])
def test_a_service_token_lives_a_day_to_a_year(settings: Settings, seconds: str) -> None:
    form = {"grant_type": "client_credentials", "token_type": "opaque", "expires_in": seconds}
    oauth_error(token_of(settings, **form), 400)


def test_without_a_grant_type_the_request_is_invalid(settings: Settings) -> None:
    oauth_error(token_of(settings, scope="campaigns:read"), 400, "invalid_request")


def test_without_a_refresh_token_there_is_nothing_to_refresh(settings: Settings) -> None:
    oauth_error(token_of(settings, grant_type="refresh_token"), 401, "unauthorized")


def test_a_wrong_secret_is_401(settings: Settings) -> None:
    wrong = httpx.post(
        settings.token_url,
        auth=(settings.client_id, f"{settings.client_secret}x"),
        data={"grant_type": "client_credentials"},
        timeout=TIMEOUT,
    )
    oauth_error(wrong, 401)


def test_a_scope_that_does_not_exist_is_refused(settings: Settings) -> None:
    oauth_error(token_of(settings, grant_type="client_credentials", scope="conformance:nothing"), 400)


class TestIntrospection:
    """Beside the token endpoint, as the public documents have it."""

    @staticmethod
    def ask(settings: Settings, **form: str) -> httpx.Response:
        where = settings.token_url.removesuffix("/token") + "/introspect"
        return httpx.post(where, auth=(settings.client_id, settings.client_secret), data=form, timeout=TIMEOUT)

    def test_says_what_a_token_says(self, settings: Settings) -> None:
        token = token_of(settings, grant_type="client_credentials", scope="campaigns:read").json()["access_token"]
        answer = self.ask(settings, token=token)
        assert answer.status_code == 200, answer.text
        fits(INTROSPECTION, answer.json())
        facts = answer.json()["token_introspection"]
        assert (facts["active"], facts["cid"], facts["scp"]) == (True, settings.client_id, "campaigns:read")
        assert facts["iat"] < facts["exp"]

    def test_a_forged_token_is_not_active(self, settings: Settings) -> None:
        answer = self.ask(settings, token="eyJhbGciOiJub25lIn0.e30.")
        assert answer.status_code == 200, answer.text
        assert answer.json()["token_introspection"]["active"] is False

    def test_without_a_token_there_is_nothing_to_say(self, settings: Settings) -> None:
        answer = self.ask(settings)
        assert (answer.status_code, answer.json()["code"]) == (400, "0070201")


@pytest.mark.parametrize("path", ["/2023-10/certs", "/certs"])
def test_the_keys_of_tokens_are_public(settings: Settings, path: str) -> None:
    answer = httpx.get(settings.token_url.removesuffix("/token") + path, timeout=TIMEOUT)
    assert answer.status_code == 200, answer.text
    fits(KEY_SET, answer.json())
    assert not any("d" in key for key in answer.json()["keys"])


FAMILIES = [
    ("/campaigns", "0530004", "0530003", "record-lists:manage"),
    ("/record-lists", "0530901", "0530902", "campaigns:read"),
    ("/do-not-call-lists", "0531501", "0531502", "campaigns:read"),
    ("/schedule-callbacks", "0011003", "0532003", "campaigns:read"),
    ("/data/reports/outbound_dialer_calls/jobs", "1020018", "1020004", "campaigns:read"),
]


@pytest.mark.parametrize(("path", "code"), [(path, code) for path, code, _, _ in FAMILIES])
class TestWithoutAGoodToken:
    def test_there_is_nothing_to_see(self, stranger: Api, path: str, code: str) -> None:
        refused(stranger.get(path), 401, code)

    @pytest.mark.parametrize("token", ["x", "eyJhbGciOiJub25lIn0.e30.", "tdst_x"])
    def test_a_forged_one_is_none(self, settings: Settings, path: str, code: str, token: str) -> None:
        client = Api(settings, token)
        refused(client.get(path), 401, code)
        client.close()


@pytest.mark.parametrize(("path", "code", "scope"), [(path, code, scope) for path, _, code, scope in FAMILIES])
def test_a_token_opens_only_what_its_scopes_name(as_scope: AsScope, path: str, code: str, scope: str) -> None:
    refused(as_scope(scope).get(path), 403, code)


@pytest.mark.parametrize(
    ("scope", "method", "path"),
    [
        ("campaigns:read", "GET", "/campaigns"),
        ("record-lists:manage", "GET", "/record-lists"),
        ("do-not-call-lists:manage", "GET", "/do-not-call-lists"),
        ("schedule-callbacks:read", "GET", "/schedule-callbacks"),
        ("data-reports:read", "GET", "/data/reports/outbound_dialer_calls/jobs"),
    ],
)
def test_one_scope_is_enough_for_what_it_names(as_scope: AsScope, scope: str, method: str, path: str) -> None:
    assert as_scope(scope).ask(method, path).status_code == 200


def test_to_read_is_not_to_write(as_scope: AsScope) -> None:
    refused(as_scope("campaigns:read").post("/campaigns", {"name": "Never made"}), 403, "0530003")


@pytest.mark.reading
def test_to_create_a_campaign_takes_both_scopes(as_scope: AsScope) -> None:
    refused(as_scope("campaigns:write").post("/campaigns", {"name": "Never made"}), 403, "0530003")
