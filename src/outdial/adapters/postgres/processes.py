"""Which processes are PostgreSQL servers of ours, held so that their numbers cannot come to mean another process."""

import os
import select
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from outdial.adapters.postgres.accounts import Account

PROC = Path("/proc")


@dataclass(frozen=True)
class PidFile:
    """What the server tells in `postmaster.pid`; absent lines are not written yet.

    Attributes:
        status: `starting`, `ready`, `stopping`, or empty.
    """

    pid: int
    sockets: Path | None
    status: str


def read_pid_file(data: Path) -> PidFile | None:
    """None if there is no such file, or not yet a number in it."""
    try:
        lines = (data / "postmaster.pid").read_text(encoding="utf-8", errors="surrogateescape").splitlines()
        # A server in single-user mode writes its number with a minus sign.
        pid = abs(int(lines[0]))
    except (OSError, ValueError, IndexError):
        return None
    sockets = Path(lines[4]) if len(lines) > 4 and lines[4] else None
    return PidFile(pid, sockets, lines[7].strip() if len(lines) > 7 else "")


class ServerProcess:
    """A process held by a pidfd, our child or an adopted one."""

    def __init__(self, pid: int, child: subprocess.Popen[bytes] | None = None) -> None:
        """Raises `ProcessLookupError` if there is no such process."""
        self.pid = pid
        self._child = child
        self._handle = os.pidfd_open(pid)
        self._poll = select.poll()
        self._poll.register(self._handle, select.POLLIN)

    def ended(self, *, within_seconds: float = 0.0) -> bool:
        """Wait up to so long for its end; true if it has ended."""
        if not self._poll.poll(within_seconds * 1000):
            return False
        if self._child is not None:
            self._child.wait()
        return True

    def send(self, number: signal.Signals) -> None:
        """Send a signal, unless it has ended."""
        try:
            signal.pidfd_send_signal(self._handle, number)
        except ProcessLookupError:
            return

    def close(self) -> None:
        """Let go of it; it runs on."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1


def alive_server(data: Path, pid: int, account: Account) -> ServerProcess | None:
    """The server of `data` with this number, held, or None if that number means nothing or something else."""
    try:
        process = ServerProcess(pid)
    except (OSError, OverflowError):
        return None
    # Looked at only once it is held: the number cannot change its meaning any more.
    if is_server_of(data, pid, account) and not process.ended():
        return process
    process.close()
    return None


def is_server_of(data: Path, pid: int, account: Account) -> bool:
    """Whether a process runs `postgres` and has `data` as its working folder, as every process of a server does."""
    program = executable(pid, account)
    return program is not None and program.name == "postgres" and _link(pid, "cwd", account) == os.path.realpath(data)


def executable(pid: int, account: Account) -> Path | None:
    """The program a process runs; a zombie runs none."""
    target = _link(pid, "exe", account)
    # An update of the package replaces the file below a running server.
    return None if target is None else Path(target.removesuffix(" (deleted)"))


def leftovers(data: Path, account: Account) -> Iterator[ServerProcess]:
    """Processes of a server of `data` whose first process is gone, each held."""
    for entry in PROC.iterdir():
        if not entry.name.isdecimal():
            continue
        try:
            mine = entry.stat().st_uid == account.uid
        except OSError:
            continue
        if mine and (process := alive_server(data, int(entry.name), account)) is not None:
            yield process


def _link(pid: int, name: str, account: Account) -> str | None:
    path = PROC / str(pid) / name
    try:
        return str(path.readlink())
    except PermissionError:
        # Root without CAP_SYS_PTRACE, as in most containers, may not look; the account itself may.
        if account.is_ours:
            return None
        told = account.run(["readlink", str(path)])
        return told.stdout.rstrip("\n") if told.returncode == 0 else None
    except OSError:
        return None
