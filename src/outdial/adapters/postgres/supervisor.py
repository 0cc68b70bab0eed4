"""The embedded PostgreSQL: a server of our own, started and stopped with us, under one folder.

```
home/               0711, ours
  lock              held by who supervises; its process number
  postgres.log      0600
  data/             0700, the server account's: the cluster and its configuration
  run/              0700, the server account's: the socket
  binaries-<v>/     only if the server's account cannot run the programs where they are
```

All calls block: up to a second or two for a first start, 0.1 s for later ones, and as long as the server
takes to recover after a crash. A program with an event loop starts it before the loop, or in a thread.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

from outdial.adapters.postgres.accounts import Account, choose_account, invoker, require_entry
from outdial.adapters.postgres.config import (
    DATABASE,
    MAIN_FILE,
    PORT,
    USER,
    Durability,
    config_files,
    machine_memory_bytes,
    same_config,
    write_config,
)
from outdial.adapters.postgres.errors import (
    ClusterNotCreated,
    FolderNotUsable,
    NotSupportedHere,
    ServerNotStarted,
    ServerNotStopped,
)
from outdial.adapters.postgres.folders import (
    check_data,
    drop_sockets,
    has_data,
    log_tail,
    make_home,
    make_private,
    make_sockets,
    open_log,
    remove_folder,
    take_lock,
)
from outdial.adapters.postgres.processes import (
    PidFile,
    ServerProcess,
    alive_server,
    executable,
    leftovers,
    read_pid_file,
)
from outdial.adapters.postgres.programs import Programs, drop_other_copies, find_programs, program_folders

BUILTIN_LOCALE_SINCE_MAJOR = 17
READY_POLL_SECONDS = 0.01
# A crash with much unwritten work makes the server replay it first, and that is no reason to give up.
READY_PATIENCE_SECONDS = 600
STOP_PATIENCE_SECONDS = 30.0
LEFTOVER_PATIENCE_SECONDS = 5.0
THROWAWAY_MEMORY_BYTES = 1024 * 1024 * 1024


@dataclass(frozen=True)
class ServerAddress:
    """Where a running server is reached: `host` is the folder of its socket."""

    host: str
    port: int = PORT
    user: str = USER
    database: str = DATABASE

    def dsn_kwargs(self) -> dict[str, Any]:
        """Arguments for `asyncpg.connect` and `asyncpg.create_pool`."""
        # TLS is said to be off, as PGSSLMODE of the caller's environment would otherwise be tried on a local socket.
        return {"host": self.host, "port": self.port, "user": self.user, "database": self.database, "ssl": False}

    @property
    def url(self) -> str:
        """The same as a connection URL, which holds no secret."""
        return f"postgresql://{self.user}@/{self.database}?host={quote(self.host, safe='/')}&port={self.port}"


def find_running(home: Path) -> ServerAddress | None:
    """The address of a server that another process of ours keeps running under `home`, or None.

    It takes no lock, so it never gets in the way of a start.
    """
    data = Path(os.path.realpath(home)) / "data"
    if (told := read_pid_file(data)) is None or told.status != "ready" or told.sockets is None:
        return None
    try:
        account = choose_account(data, has_data=True, setting=None)
    except OSError:
        return None
    if (server := alive_server(data, told.pid, account)) is None:
        return None
    server.close()
    return ServerAddress(str(told.sockets))


class EmbeddedPostgres:
    """One server under one home, ours from `start` to `stop`; also a context manager.

    Every error is an `EmbeddedPostgresError` with a message for people. After a failed `start` nothing runs and
    the home is unlocked.
    """

    port: int = PORT
    user: str = USER
    database: str = DATABASE

    def __init__(
        self,
        home: Path,
        *,
        account: str | None = None,
        programs: Path | None = None,
        durability: Durability = Durability.FULL,
    ) -> None:
        """Nothing is touched yet.

        Args:
            home: the folder of the server, created at the first start.
            account: as whom the server runs if we are root and there is no data yet, whose owner it keeps;
                None for `postgres`, else `nobody`. An ordinary user's server is their own.
            programs: a folder with `postgres` and `initdb` to use in place of those of the wheel or the machine.
            durability: what a crash of the machine may cost.
        """
        # The server tells real paths of itself, and a later start compares.
        self.home = Path(os.path.realpath(home.expanduser()))
        self.data = self.home / "data"
        self.log_path = self.home / "postgres.log"
        self._setting, self._programs, self._durability = account, programs, durability
        self._lock = -1
        self._owner_pid = -1
        self._server: ServerProcess | None = None
        self._account: Account | None = None
        self._sockets: Path | None = None

    @property
    def host(self) -> str:
        """The folder of the server's socket."""
        return self.address.host

    @property
    def pid(self) -> int:
        """The process number of the server."""
        if self._server is None:
            raise RuntimeError("the embedded PostgreSQL is not started")
        return self._server.pid

    @property
    def address(self) -> ServerAddress:
        """Raises `RuntimeError` unless started: only then it is known."""
        if self._sockets is None or self._server is None:
            raise RuntimeError("the embedded PostgreSQL is not started")
        return ServerAddress(str(self._sockets))

    @property
    def url(self) -> str:
        """A connection URL; raises `RuntimeError` unless started."""
        return self.address.url

    def dsn_kwargs(self) -> dict[str, Any]:
        """Arguments for `asyncpg.connect`; raises `RuntimeError` unless started."""
        return self.address.dsn_kwargs()

    def start(self) -> None:
        """Return when the server takes connections and the database exists; nothing to do if it already runs.

        A server that outlived its supervisor is adopted if it runs the same program with the same configuration,
        and otherwise restarted.

        Raises:
            EmbeddedPostgresError: in one of its kinds; nothing is left running.
        """
        if sys.platform != "linux":
            raise NotSupportedHere(sys.platform)
        if self._server is not None and not self._server.ended():
            return
        self.stop()
        try:
            make_home(self.home)
            self._lock = take_lock(self.home)
            self._owner_pid = os.getpid()
            self._start()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop the server and unlock the home: clients are cut off, nothing committed is lost. Idempotent.

        Raises:
            ServerNotStopped: it lives on; its folders must not be touched.
        """
        server, self._server = self._server, None
        sockets, self._sockets = self._sockets, None
        lock, self._lock = self._lock, -1
        try:
            # A process forked off us has this object too, and neither server nor lock are its to end.
            if server is not None and self._owner_pid == os.getpid():
                halt(server)
                if self._account is not None:
                    drop_sockets(self.home, sockets, self._account)
        finally:
            if lock >= 0:
                os.close(lock)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _start(self) -> None:
        existing = has_data(self.data)
        account = choose_account(self.data, has_data=existing, setting=self._setting)
        require_entry(account, self.home)
        folders = [self._programs] if self._programs is not None else program_folders()
        programs = find_programs(account, self.home, folders)
        if existing:
            check_data(self.data, account, programs.major)
        self._account = account
        told = read_pid_file(self.data) if existing else None
        if told is None or not self._adopt(told, programs, account):
            if not existing:
                self._create(programs, account)
            if told is not None:
                self._clear_away(account)
            drop_sockets(self.home, told.sockets if told else None, account)
            self._launch(programs, account)
        drop_other_copies(self.home, programs)

    def _adopt(self, told: PidFile, programs: Programs, account: Account) -> bool:
        """Make a living server ours; false if there is none, or if it had to be stopped as it is not as we want it."""
        if (server := alive_server(self.data, told.pid, account)) is None:
            return False
        as_we_want_it = (
            told.status != "stopping"
            and told.sockets is not None
            and told.sockets.is_dir()
            and executable(server.pid, account) == Path(os.path.realpath(programs.postgres))
            and same_config(self.data, self._config(told.sockets))
        )
        self._server, self._sockets = server, told.sockets
        if as_we_want_it and self._becomes_ready(server):
            return True
        self._server = None
        halt(server)
        return False

    def _create(self, programs: Programs, account: Account) -> None:
        """Make the cluster and our database in a folder aside, and move it into its place when it is complete."""
        part = self.home / "data.part"
        remove_folder(part)
        make_private(part, account)
        if programs.major >= BUILTIN_LOCALE_SINCE_MAJOR:
            locale = ["--locale-provider=builtin", "--locale=C.UTF-8"]
        else:
            locale = ["--locale-provider=libc", "--locale=C.UTF-8"]
        safety = ["--no-sync"] if self._durability is Durability.NONE else ["--data-checksums"]
        initdb = [programs.initdb, "-D", str(part), "-U", USER, "-E", "UTF8", "--auth=reject", "--no-instructions"]
        # A server of one user, reading from its input: no socket and no client is needed for one statement.
        single = [programs.postgres, "--single", "-D", str(part), "-c", "exit_on_error=on"]
        unsafe = ["-F"] if self._durability is Durability.NONE else []
        try:
            self._command(account, [*initdb, *locale, *safety], None)
            self._command(account, [*single, *unsafe, "postgres"], f"CREATE DATABASE {DATABASE};\n")
            part.rename(self.data)
            if self._durability is not Durability.NONE:
                _sync_folder(self.home)
        except OSError as error:
            raise FolderNotUsable(self.data, error) from error
        finally:
            remove_folder(part)

    def _command(self, account: Account, argv: list[str], stdin: str | None) -> None:
        try:
            done = account.run(argv, stdin=stdin)
        except subprocess.TimeoutExpired as late:
            raise ClusterNotCreated(self.data, Path(argv[0]).name, f"no end after {late.timeout:.0f} s") from late
        with open_log(self.log_path) as log:
            log.write(done.stdout.encode())
        if done.returncode != 0:
            tail = "\n".join(done.stdout.strip().splitlines()[-15:])
            raise ClusterNotCreated(self.data, Path(argv[0]).name, tail or f"it ended with {done.returncode}")

    def _clear_away(self, account: Account) -> None:
        """Remove what a killed server left, processes first.

        PostgreSQL would refuse to start on its old `postmaster.pid` if that number now belongs to any process of
        its account, or to a zombie, as in a container whose first process does not reap.
        """
        for process in leftovers(self.data, account):
            try:
                # They notice that their parent died, but one that computes does so late.
                if not process.ended(within_seconds=LEFTOVER_PATIENCE_SECONDS):
                    process.send(signal.SIGQUIT)
                    if not process.ended(within_seconds=LEFTOVER_PATIENCE_SECONDS):
                        raise ServerNotStopped(process.pid)
            finally:
                process.close()
        try:
            (self.data / "postmaster.pid").unlink(missing_ok=True)
        except OSError as error:
            raise FolderNotUsable(self.data / "postmaster.pid", error) from error

    def _launch(self, programs: Programs, account: Account) -> None:
        self._sockets = sockets = make_sockets(self.home, account)
        try:
            write_config(self.data, self._config(sockets), account)
            with open_log(self.log_path) as log:
                begin = self.log_path.stat().st_size
                argv = [programs.postgres, "-D", str(self.data), "-c", f"config_file={self.data / MAIN_FILE}"]
                child = account.spawn(argv, output=log)
            self._server = server = ServerProcess(child.pid, child)
            if not self._becomes_ready(server):
                why = f"ended at once (status {child.returncode})"
                raise ServerNotStarted(why, self.log_path, log_tail(self.log_path, begin))
        except BaseException:
            if self._server is None:
                drop_sockets(self.home, sockets, account)
            raise

    def _becomes_ready(self, server: ServerProcess) -> bool:
        """True when it takes connections, false when it ended.

        Raises:
            ServerNotStarted: neither came in time.
        """
        for _ in range(round(READY_PATIENCE_SECONDS / READY_POLL_SECONDS)):
            told = read_pid_file(self.data)
            if told is not None and told.pid == server.pid and told.status == "ready":
                return True
            if server.ended(within_seconds=READY_POLL_SECONDS):
                return False
        raise ServerNotStarted("is not ready after 10 minutes", self.log_path, log_tail(self.log_path, 0))

    def _config(self, sockets: Path) -> Mapping[str, str]:
        throwaway = self._durability is Durability.NONE
        return config_files(
            self.data,
            sockets=sockets,
            invoker=invoker(),
            durability=self._durability,
            memory_bytes=THROWAWAY_MEMORY_BYTES if throwaway else machine_memory_bytes(),
        )


def halt(server: ServerProcess) -> None:
    """Stop a server: at first cutting off its clients in good order, then at once.

    Interrupted, it is still ended, in the way that makes its next start a recovery.

    Raises:
        ServerNotStopped: it took neither.
    """
    try:
        for number in (signal.SIGINT, signal.SIGQUIT):
            server.send(number)
            if server.ended(within_seconds=STOP_PATIENCE_SECONDS):
                return
        raise ServerNotStopped(server.pid)
    except KeyboardInterrupt:
        server.send(signal.SIGQUIT)
        server.ended(within_seconds=STOP_PATIENCE_SECONDS)
        raise
    finally:
        server.close()


def _sync_folder(folder: Path) -> None:
    """Make a rename inside `folder` outlive a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
