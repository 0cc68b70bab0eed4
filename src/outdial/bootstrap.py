"""The only place that knows the concrete parts: it reads the settings, finds a database and puts things together.

From the outside in: a `Server` is a database that answers (`database_server`, `throwaway_server`); an `Installation`
is everything that use cases need, opened on it (`open_installation`). The first is a plain context manager, so that a
run in virtual time can open the second on a loop of its own.
"""

import asyncio
import contextlib
import os
import secrets
import signal
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import asyncpg
import structlog
from pydantic import SecretStr, ValidationError

from outdial import logs
from outdial.adapters.bus.memory import MemoryBus
from outdial.adapters.clock import RandomIds, WallClock
from outdial.adapters.holidays import PublicHolidays
from outdial.adapters.oauth.openid import HttpOpenId, OpenIdClient
from outdial.adapters.oauth.tokens import JwtTokens
from outdial.adapters.passwords import Argon2Passwords
from outdial.adapters.postgres import EmbeddedPostgres, EmbeddedPostgresError, find_running, temporary_postgres
from outdial.adapters.postgres.errors import HomeInUse as OtherProcess
from outdial.adapters.storage.agents import SessionRows
from outdial.adapters.storage.campaigns import messages_asked_for
from outdial.adapters.storage.clients import AccessRows
from outdial.adapters.storage.database import Database, Gate, open_database
from outdial.adapters.storage.dialing import DialRows
from outdial.adapters.storage.grants import GrantRows
from outdial.adapters.storage.health import HealthRows
from outdial.adapters.storage.logins import LoginRows
from outdial.adapters.storage.outbox import Relay
from outdial.adapters.storage.phone_agents import addresses_of
from outdial.adapters.storage.trunks import TrunkReports, told_of
from outdial.adapters.storage.unit_of_work import SqlStorage
from outdial.adapters.uploads import UploadFolder
from outdial.adapters.webhooks import HttpCaller
from outdial.app import audit, logins, numbers, users
from outdial.app.access import ensure_installed
from outdial.app.openid import OpenId
from outdial.dialer.board import Board
from outdial.dialer.desk import FrontDesk
from outdial.domain.access import DEFAULT_ACCOUNT, Role
from outdial.domain.agents import AgentState
from outdial.domain.audit import Actor
from outdial.domain.errors import Conflict, FieldProblem, Invalid, NotPossible, Unavailable
from outdial.domain.logins import AdminExists
from outdial.domain.openid import OpenIdRules
from outdial.domain.phone_agents import PhoneMode
from outdial.domain.trunks import Trunk
from outdial.domain.values import AccountId, UserId
from outdial.ports.clock import Clock, Ids
from outdial.ports.numbers import CallerNumber
from outdial.ports.uploads import UploadBytes
from outdial.ports.users import User
from outdial.settings import LogFormat, Settings
from outdial.simulation.pacing.forecaster import Forecaster
from outdial.simulation.shift import AtWork, Shift, employ, stopped_at_the_end, working

# Alembic and FastAPI take most of the time in which a short command starts: they are imported where they are needed.
if TYPE_CHECKING:
    from fastapi import FastAPI

    from outdial.adapters.telephony.asterisk.carrier import AsteriskCarrier, AsteriskSettings
    from outdial.adapters.telephony.sip.carrier import SipCarrier, SipSettings
    from outdial.domain.phone_agents import BrowserPhones

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


DATABASE_AWAY: Final[tuple[type[Exception], ...]] = (
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.InterfaceError,
    OSError,
)
"""What the driver raises when the database does not answer."""

_REFUSED_WHILE_CONNECTING: Final[tuple[type[Exception], ...]] = (
    *DATABASE_AWAY,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
)


_WAITS_FOR_OTHER: Final = 100
_WAIT_SECONDS: Final = 0.1
"""A command waits ten seconds for another process that is just starting or stopping the embedded database."""


_PHONES_SECONDS: Final = 1.0
"""How often the agents at work are compared with the phones that are called for them."""


class SipNotStarted(Unavailable):
    """The SIP back end cannot work here; nothing was called."""

    code = "sip-not-started"


class HomeInUse(Conflict):
    """Another process of ours works in this home; nothing was touched."""

    code = "home-in-use"


class DatabaseNotStarted(Unavailable):
    """The embedded PostgreSQL cannot run here; nothing of it runs."""

    code = "database-not-started"


class DatabaseUnreachable(Unavailable):
    """The database does not answer, or does not let us in; nothing was changed."""

    code = "database-unreachable"

    def __init__(self, why: str) -> None:
        super().__init__(f"the database cannot be reached: {why}")


class SchemaOutdated(NotPossible):
    """The database is not of the schema that this release was written for."""

    code = "schema-outdated"

    def __init__(self, present: str | None, needed: str, remedy: str) -> None:
        super().__init__(f"the database has schema {present or '(none)'} and this release needs {needed}: {remedy}")
        self.present, self.needed = present, needed


def read_settings(**given: object) -> Settings:
    """The settings of the environment, with what a command was given on top; logging follows them from here on.

    Raises:
        Invalid: a variable or an option cannot be understood; each is named.
    """
    try:
        settings = Settings(**given)  # type: ignore[arg-type]
    except ValidationError as error:
        # Values stay out of the message: one of them may be a secret.
        problems = [
            FieldProblem(f"OUTDIAL_{'.'.join(map(str, problem['loc'])).upper()}", problem["msg"])
            for problem in error.errors()
        ]
        raise Invalid("the settings are not valid", problems) from None
    logs.configure(as_json=settings.log_format is LogFormat.JSON, level=settings.log_level.value)
    return settings


@dataclass(frozen=True, slots=True)
class Server:
    """A database that answers."""

    connect: Mapping[str, Any] = field(repr=False)
    """The arguments of `asyncpg.connect`."""

    schema: str | None = None
    """A schema of its own on a shared server, for throw-away runs."""

    ours: bool = True
    """False: another Outdial process runs it, and has brought its schema up to date."""


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Signals are not heard: what stops a database or removes its folder is not left half done."""
    if threading.current_thread() is not threading.main_thread():
        yield  # Python delivers signals to the main thread only.
        return
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, signal.SIG_IGN) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


@contextlib.contextmanager
def database_server(settings: Settings, *, serving: bool = False) -> Iterator[Server]:
    """The database of OUTDIAL_DATABASE_URL, or the embedded one: started, and stopped at the end of the block.

    While another process runs the embedded one, a command goes through that one's socket; who wants to serve
    (`serving`) is refused. Blocks for a second or two: to be used outside of any event loop.

    Raises:
        HomeInUse: `serving`, and another process serves this home; or one keeps it without ever getting ready.
        DatabaseNotStarted: the embedded database cannot run; the text says why and what to do.
    """
    if settings.database_url is not None:
        yield Server({"dsn": settings.database_url.get_secret_value()})
        return
    for _ in range(_WAITS_FOR_OTHER):
        try:
            with _embedded(EmbeddedPostgres(settings.home, account=settings.postgres_account)) as server:
                yield server
                return
        except HomeInUse:
            if serving:
                raise
        if (address := find_running(settings.home)) is not None:
            yield Server(address.dsn_kwargs(), ours=False)
            return
        # Its owner is just starting or stopping it.
        time.sleep(_WAIT_SECONDS)
    with _embedded(EmbeddedPostgres(settings.home, account=settings.postgres_account)) as server:
        yield server


@contextlib.contextmanager
def throwaway_server(settings: Settings, keep: Path | None = None) -> Iterator[Server]:
    """A database for one run, gone at the end of the block: a cluster of its own in a temporary folder.

    With OUTDIAL_DATABASE_URL it is a fresh schema there. `keep` is a folder for the cluster, which then stays; a
    schema stays too. To be used outside of any event loop; `migrate` comes next.

    Raises:
        DatabaseNotStarted: the embedded database cannot run, or `keep` holds another one already.
    """
    if settings.database_url is None:
        with _embedded(temporary_postgres(keep, account=settings.postgres_account)) as server:
            yield server
        return
    server = Server({"dsn": settings.database_url.get_secret_value()}, f"outdial_{secrets.token_hex(6)}")
    try:
        yield server
    finally:
        if keep is None:
            with _undisturbed(), _database_errors():
                asyncio.run(_drop_schema(server))
        else:
            log.info("schema_kept", schema=server.schema)


def database_made(settings: Settings) -> bool:
    """Whether the home has an embedded database already."""
    return (settings.home / "data").exists()


@contextlib.contextmanager
def _embedded(server: AbstractContextManager[EmbeddedPostgres]) -> Iterator[Server]:
    """A started cluster; its stop, once begun, is not interrupted."""
    stopping = contextlib.ExitStack()
    with _embedded_errors():
        postgres = stopping.enter_context(server)
    try:
        yield Server(postgres.dsn_kwargs())
    finally:
        with _undisturbed(), _embedded_errors():
            stopping.close()


@contextlib.contextmanager
def _embedded_errors() -> Iterator[None]:
    """Puts the supervisor's errors, whose texts are fit to be shown, into our families."""
    try:
        yield
    except OtherProcess as error:
        raise HomeInUse(str(error)) from error
    except EmbeddedPostgresError as error:
        raise DatabaseNotStarted(str(error)) from error


async def _drop_schema(server: Server) -> None:
    connection = await asyncpg.connect(**server.connect)
    try:
        await connection.execute(f'drop schema if exists "{server.schema}" cascade')
    finally:
        await connection.close()


async def migrate(server: Server) -> tuple[str | None, str]:
    """Bring a server to the schema of this release; answers the revisions before and after."""
    from outdial.adapters.storage import migrate as migrations

    with _database_errors():
        before, after = await migrations.upgrade(server.connect, schema=server.schema)
    if before != after:
        log.info("database_migrated", before=before, after=after)
    return before, after


@dataclass(frozen=True, slots=True)
class DatabaseAnswers:
    """What a database says of itself: its release, its time, the schema it has and the one it should have."""

    version: str
    at: datetime
    schema: str | None
    schema_needed: str


async def look_at_database(server: Server) -> DatabaseAnswers:
    """Ask a database about itself; nothing is changed."""
    from outdial.adapters.storage import migrate as migrations

    with _database_errors():
        async with (
            open_database(server.connect, size=1, schema=server.schema) as database,
            database.connection() as connection,
        ):
            version = await connection.fetchval("show server_version")
            at = await connection.fetchval("select statement_timestamp()")
            made = await connection.fetchval("select to_regclass('schema_version') is not null")
            schema = await connection.fetchval("select version_num from schema_version") if made else None
    return DatabaseAnswers(version, at, schema, migrations.newest_revision())


@dataclass(frozen=True, slots=True)
class DialingAnswers:
    """What the engine told of its trunks, and which safety messages campaigns ask for, by the number of campaigns."""

    trunks: Sequence[Trunk]
    messages: Mapping[str, int]


async def look_at_dialing(server: Server) -> DialingAnswers:
    """Ask a database, whose schema is this release's, about what is dialed; nothing is changed."""
    with _database_errors():
        async with open_database(server.connect, size=1, schema=server.schema) as database:
            return DialingAnswers(await told_of(database), await messages_asked_for(database))


async def check_schema(server: Server, remedy: str = "restart the server with this release") -> str:
    """The revision of the schema, which is the one this release needs.

    Raises:
        SchemaOutdated: it is another one.
    """
    answers = await look_at_database(server)
    if answers.schema != answers.schema_needed:
        raise SchemaOutdated(answers.schema, answers.schema_needed, remedy)
    return answers.schema_needed


async def _wait_for_schema(server: Server) -> None:
    """Let the process that has just started a server make its first schema; then it must be ours."""
    for _ in range(_WAITS_FOR_OTHER):
        if (await look_at_database(server)).schema is not None:
            break
        await asyncio.sleep(_WAIT_SECONDS)
    await check_schema(server)


@contextlib.contextmanager
def _database_errors() -> Iterator[None]:
    """Turns what the driver raises while connecting into an error that names the database and keeps the cause."""
    try:
        yield
    except _REFUSED_WHILE_CONNECTING as error:
        raise DatabaseUnreachable(str(error) or type(error).__name__) from error


@dataclass(frozen=True, slots=True)
class Installation:
    """Everything that use cases need, on one database.

    `clock` is the one that dialing goes by; `wall_clock` the machine's own: tokens, signed addresses, leases.
    """

    settings: Settings
    server: Server
    database: Database
    storage: SqlStorage
    access: AccessRows
    tokens: JwtTokens
    logins: LoginRows
    passwords: Argon2Passwords
    clock: Clock
    wall_clock: Clock
    ids: Ids
    uploads: UploadBytes
    bus: MemoryBus
    desk: FrontDesk
    board: Board
    forecaster: Forecaster
    trunks: TrunkReports

    async def account_id(self, name: str = DEFAULT_ACCOUNT) -> AccountId:
        """Raises `AccountNotFound`."""
        return (await self.access.account(name)).id


def assemble(
    settings: Settings,
    server: Server,
    database: Database,
    *,
    clock: Clock | None = None,
    ids: Ids | None = None,
    uploads: Path | None = None,
) -> Installation:
    """Put an installation together on an open database; nothing is asked of it yet.

    Without `clock` dialing goes by the machine's time; without `ids` identity is random.
    """
    wall_clock = WallClock()
    access = AccessRows(database)
    secret = None if settings.secret_key is None else settings.secret_key.get_secret_value()
    dial_clock, known_ids, bus = clock or wall_clock, ids or RandomIds(), MemoryBus()
    storage = SqlStorage(database, dial_clock)
    return Installation(
        settings=settings,
        server=server,
        database=database,
        storage=storage,
        access=access,
        tokens=JwtTokens(access, wall_clock, secret),
        logins=LoginRows(database),
        passwords=Argon2Passwords(),
        clock=dial_clock,
        wall_clock=wall_clock,
        ids=known_ids,
        uploads=_uploads(settings, uploads),
        bus=bus,
        desk=FrontDesk(SessionRows(database), storage, bus, dial_clock, known_ids),
        board=Board(dial_clock),
        forecaster=Forecaster(),
        trunks=TrunkReports(database, wall_clock),
    )


def _uploads(settings: Settings, folder: Path | None) -> UploadBytes:
    """Where the files of lists are kept: in the folder given, in the store of the settings, or at home."""
    if folder is not None or settings.upload_store is None:
        return UploadFolder(folder or settings.uploads)
    # botocore is an extra, and slow to load.
    from outdial.adapters.s3 import Bucket, S3Uploads

    name, _, prefix = settings.upload_store.removeprefix("s3://").partition("/")
    key_id, secret = settings.upload_store_key_id, settings.upload_store_secret
    return S3Uploads(
        Bucket(
            name,
            f"{prefix.strip('/')}/" if prefix.strip("/") else "",
            settings.upload_store_endpoint,
            settings.upload_store_region,
            None if key_id is None else key_id.get_secret_value(),
            None if secret is None else secret.get_secret_value(),
        )
    )


@contextlib.asynccontextmanager
async def open_installation(
    settings: Settings,
    server: Server,
    *,
    clock: Clock | None = None,
    ids: Ids | None = None,
    uploads: Path | None = None,
    size: int = 10,
    gate: Gate = nullcontext,
) -> AsyncIterator[Installation]:
    """Open an installation on a server: its schema is brought up to date, its first account and key are made.

    Where another process runs the server, that process has done so; here it is only checked.

    Raises:
        DatabaseUnreachable: it does not answer.
        SchemaOutdated: another process runs the server, with another release of Outdial.
    """
    if server.ours:
        await migrate(server)
    else:
        await _wait_for_schema(server)
    with _database_errors():
        opening = contextlib.AsyncExitStack()
        database = await opening.enter_async_context(
            open_database(server.connect, size=size, schema=server.schema, gate=gate)
        )
    async with opening:
        here = assemble(settings, server, database, clock=clock, ids=ids, uploads=uploads)
        await ensure_installed(here.access, here.tokens, here.wall_clock)
        async with here.desk.open(), here.forecaster:
            yield here


async def simulated_staff(here: Installation, account: AccountId, agents: int) -> tuple[list[User], CallerNumber]:
    """The agents a simulation plays and the number it calls from; what is missing is made."""
    staff = await users.ensure_simulated(account, agents, storage=here.storage, clock=here.clock, ids=here.ids)
    number = await numbers.ensure_simulated(account, storage=here.storage, clock=here.clock, ids=here.ids)
    return staff, number


@contextlib.asynccontextmanager
async def start_engine(here: Installation, *, simulated_agents: int) -> AsyncIterator[AtWork]:
    """Dial while the block runs; at its end no call is begun, and those in progress end or are taken back.

    Calls are real ones over SIP where OUTDIAL_SIP_FILE describes trunks, or through Asterisks where
    OUTDIAL_ASTERISK_FILE describes some; else they are simulated.

    Raises:
        SipFileInvalid, AsteriskFileInvalid: the file cannot be used.
        SipNotStarted: its address or port cannot be.
    """
    staff: list[User] = []
    if simulated_agents:
        staff, _ = await simulated_staff(here, await here.account_id(), simulated_agents)
    shift = Shift(
        users=[user.id for user in staff],
        seed=secrets.randbits(32),
        start=here.clock.now(),
        pacer_logs=here.settings.pacer_logs,
        calls_per_second=here.settings.calls_per_second,
    )
    holder = f"{socket.gethostname()}/{os.getpid()}/{secrets.token_hex(4)}"
    store = DialRows(here.database)
    if here.settings.sip_file is None and here.settings.asterisk_file is None:
        async with (
            working(store, shift, here.clock, ids=here.ids, holder=holder, trunks=here.trunks) as live,
            hints_for(here, live),
        ):
            yield live
        return
    async with _carrier_at_work(here) as carrier:
        live_calls = employ(store, shift, carrier, here.clock, ids=here.ids, holder=holder, trunks=here.trunks)
        async with stopped_at_the_end(live_calls), hints_for(here, live_calls), phones_of(here, live_calls, carrier):
            yield live_calls


def _carrier_at_work(here: Installation) -> contextlib.AbstractAsyncContextManager["SipCarrier | AsteriskCarrier"]:
    """The back end that a file describes."""
    if here.settings.asterisk_file is None:
        assert here.settings.sip_file is not None
        return sip_at_work(sip_settings(here.settings, here.settings.sip_file), here.clock)
    from outdial.adapters.telephony.asterisk.carrier import open_carrier

    return open_carrier(asterisk_settings(here.settings.asterisk_file), here.clock)


def _browser_phones(settings: Settings) -> "BrowserPhones | None":
    """The phones in browsers that the back end offers."""
    if settings.asterisk_file is not None:
        return asterisk_settings(settings.asterisk_file).browser_phones
    return None if settings.sip_file is None else sip_settings(settings, settings.sip_file).browser_phones


def asterisk_settings(file: Path) -> "AsteriskSettings":
    """The Asterisks that a file describes. Raises `AsteriskFileInvalid`."""
    from outdial.adapters.telephony.asterisk.configuration import read_file

    return read_file(file)


def sip_settings(settings: Settings, file: Path) -> "SipSettings":
    """The SIP back end that a file describes.

    Raises:
        SipFileInvalid: it cannot be used; every wrong line is named.
    """
    from outdial.adapters.telephony.sip.configuration import read_file

    secret = None if settings.secret_key is None else settings.secret_key.get_secret_value()
    return read_file(file, recordings=settings.recordings, secret=secret)


@contextlib.asynccontextmanager
async def sip_at_work(settings: "SipSettings", clock: Clock) -> AsyncIterator["SipCarrier"]:
    """A SIP back end that takes calls; hung up and closed at the end of the block.

    Raises:
        SipNotStarted: our address or port cannot be used.
    """
    from outdial.adapters.telephony.sip.carrier import open_carrier

    async with contextlib.AsyncExitStack() as opened:
        try:
            carrier = await opened.enter_async_context(open_carrier(settings, clock))
        except OSError as error:
            raise SipNotStarted(f"SIP on {settings.host}:{settings.port}: {error.strerror}") from error
        yield carrier


@contextlib.asynccontextmanager
async def phones_of(here: Installation, live: AtWork, carrier: "SipCarrier | AsteriskCarrier") -> AsyncIterator[None]:
    """While the block runs, phones of agents are known to the carrier, and those that stay up are called when their
    agents sit down."""

    async def follow() -> None:
        seated: set[UserId] = set()
        while True:
            there = {agent.id for agent in live.pool.agents() if agent.state is not AgentState.SIGNED_OUT}
            if there != seated:
                with contextlib.suppress(*DATABASE_AWAY):
                    for user, (address, mode) in (await addresses_of(here.database, there - seated)).items():
                        carrier.know_phone(user, address, nailed_up=mode is PhoneMode.NAILED_UP)
                    for user in there - seated:
                        carrier.seat(user)
                    for user in seated - there:
                        carrier.unseat(user)
                    seated = there
            await asyncio.sleep(_PHONES_SECONDS)

    following = asyncio.create_task(follow(), name="agents' phones")
    try:
        yield
    finally:
        following.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await following


@contextlib.asynccontextmanager
async def hints_for(here: Installation, live: AtWork) -> AsyncIterator[None]:
    """While the block runs, the engine hears of committed changes at once instead of at its next look, and agents can
    sit down at their desks."""
    here.desk.serve(live.engine)
    here.desk.adopt(await here.account_id(), [agent.id for agent in live.pool.agents()])
    deaf = here.bus.subscribe(
        ("campaign.", "record_list.", "records.", "dnc_list.", "callback."), lambda message: live.engine.hint()
    )
    relay = asyncio.create_task(Relay(here.database, here.bus).run(here.wall_clock), name="outbox relay")
    try:
        async with here.board.watching(live.engine, here.wall_clock):
            yield
    finally:
        deaf()
        relay.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await relay


def http_app(here: Installation) -> "FastAPI":
    """The HTTP application of an installation."""
    from outdial.adapters.storage.migrate import newest_revision
    from outdial.api.http import create_app
    from outdial.api.services import Services

    return create_app(
        Services(
            storage=here.storage,
            access=here.access,
            tokens=here.tokens,
            logins=here.logins,
            grants=GrantRows(here.database),
            passwords=here.passwords,
            clock=here.clock,
            wall=here.wall_clock,
            ids=here.ids,
            public_url=here.settings.public_url,
            rate_limit=here.settings.rate_limit,
            rate_burst=here.settings.rate_burst,
            uploads=here.uploads,
            webhooks=HttpCaller(here.settings.callback_networks),
            holidays=PublicHolidays(),
            bus=here.bus,
            desk=here.desk,
            board=here.board,
            foresee=here.forecaster,
            browser_phones=_browser_phones(here.settings),
            openid=_openid(here),
            health=HealthRows(here.database, newest_revision()),
            metrics_token=None
            if here.settings.metrics_token is None
            else here.settings.metrics_token.get_secret_value(),
            release=version("outdial"),
            database_away=DATABASE_AWAY,
        )
    )


def _openid(here: Installation) -> OpenId | None:
    """The company's own sign-in, as the settings have it.

    Raises:
        Invalid: the file of its secret cannot be read.
    """
    settings = here.settings
    if settings.openid_issuer is None or settings.openid_client_id is None:
        return None
    secret, file = settings.openid_client_secret, settings.openid_client_secret_file
    if file is not None:
        try:
            secret = SecretStr(file.read_text("utf-8").strip())
        except (OSError, UnicodeError) as error:
            why = FieldProblem("OUTDIAL_OPENID_CLIENT_SECRET_FILE", f"{file}: {getattr(error, 'strerror', 'no text')}")
            raise Invalid("the settings are not valid", [why]) from error
    client = OpenIdClient(
        settings.openid_issuer,
        settings.openid_client_id,
        None if secret is None else secret.get_secret_value(),
        settings.openid_name,
        settings.openid_scopes,
    )
    rules = OpenIdRules(settings.openid_account, settings.openid_role_claim, settings.openid_roles)
    return OpenId(HttpOpenId(client, here.wall_clock), rules)


def welcome_path(word: str) -> str:
    """The page of a link that sets a password or signs in."""
    from outdial.api.logins import welcome

    return welcome(word)


async def first_admin_link(here: Installation, address: str) -> str | None:
    """Where the first admin makes themselves known; None where there is one. An older link is over."""
    try:
        made = await logins.make_link(
            await here.account_id(), None, storage=here.storage, logins=here.logins, clock=here.wall_clock
        )
    except AdminExists:
        return None
    return f"{here.settings.public_url or address}{welcome_path(made.word)}"


async def demo_link(here: Installation, address: str) -> str:
    """Signs in at once, as an admin of a demonstration."""
    account = await here.account_id()
    with audit.acting(Actor("outdial")):
        admin = await users.create(
            account,
            name="Demo",
            email="demo@simulated.invalid",
            storage=here.storage,
            clock=here.wall_clock,
            ids=here.ids,
        )
    await here.logins.set_role(account, admin.id, Role.ADMIN, None)
    made = await logins.make_link(
        account, str(admin.id), storage=here.storage, logins=here.logins, clock=here.wall_clock, signs_in=True
    )
    return f"{address}{welcome_path(made.word)}"


def about_console(address: str) -> str:
    """Where the web console is, or that there is none, in a line for people."""
    from outdial.api.console import folder_of_package

    if (folder_of_package() / "index.html").is_file():
        return f"The web console is at {address}/console/"
    return f"The web console is not built: {address}/console/ says what to do"


def openapi_document() -> dict[str, Any]:
    """The description of the API; no database is needed."""
    from outdial.api.http import document

    return document()
