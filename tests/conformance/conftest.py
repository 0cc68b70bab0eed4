"""The server under test, and things in it that tests begin with."""

from collections.abc import Callable, Iterator

import pytest

from .index import ROWS, not_asked
from .kit import ALL_SCOPES, ASKED, Api, Settings, a_full_campaign, a_name, body_of, token_of

AsScope = Callable[[str], Api]


def pytest_configure(config: pytest.Config) -> None:
    if config.option.help or config.option.collectonly:
        return
    try:
        Settings.of_environment()
    except KeyError as missing:
        raise pytest.UsageError(f"{missing.args[0]} is not set: README.md in this folder lists the variables") from None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Which endpoints of the protocol were asked at all: a run of a part leaves some out."""
    missing = not_asked(ASKED)
    terminalreporter.write_line(f"endpoints asked: {len(ROWS) - len(missing)} of {len(ROWS)}")
    for one in missing:
        terminalreporter.write_line(f"  not asked: {one}")


@pytest.fixture(scope="session")
def settings() -> Settings:
    return Settings.of_environment()


@pytest.fixture(scope="session")
def as_scope(settings: Settings) -> Iterator[AsScope]:
    """Makes a client whose token has just these scopes, once each."""
    made: dict[str, Api] = {}

    def client(scope: str) -> Api:
        if scope not in made:
            made[scope] = Api(
                settings, body_of(token_of(settings, grant_type="client_credentials", scope=scope))["access_token"]
            )
        return made[scope]

    yield client
    for one in made.values():
        one.close()


@pytest.fixture(scope="session")
def api(as_scope: AsScope) -> Api:
    """A client that may do everything."""
    return as_scope(ALL_SCOPES)


@pytest.fixture(scope="session")
def stranger(settings: Settings) -> Iterator[Api]:
    """A client without a token."""
    client = Api(settings, None)
    yield client
    client.close()


@pytest.fixture
def campaign(api: Api) -> Iterator[str]:
    """The path of a campaign that lacks nothing but what is assigned to it; it is deleted after the test."""
    path = f"/campaigns/{body_of(api.post('/campaigns', a_full_campaign(a_name('Conformance'))), 201)['id']}"
    yield path
    if api.delete(path).status_code == 409:
        api.patch(path, {"op": "REPLACE", "path": "status", "value": "paused"}, "application/json")
        api.delete(path)


@pytest.fixture
def record_list(api: Api) -> str:
    """The path of a new, empty list."""
    return f"/record-lists/{body_of(api.post('/record-lists', {'name': a_name('Conformance')}), 201)['id']}"


@pytest.fixture
def dnc_list(api: Api) -> str:
    """The path of a new, empty list."""
    return f"/do-not-call-lists/{body_of(api.post('/do-not-call-lists', {'name': a_name('Conformance')}), 201)['id']}"
