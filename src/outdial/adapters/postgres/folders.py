"""The folders of one embedded server, and what may be done with what already lies in them."""

import fcntl
import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import IO

from outdial.adapters.postgres.accounts import Account
from outdial.adapters.postgres.config import PORT
from outdial.adapters.postgres.errors import (
    FolderNotUsable,
    HomeInUse,
    NotADataFolder,
    OtherMajorVersion,
    WrongOwnerOrMode,
)

# The kernel's address of a socket has 108 bytes, the last of them a zero.
LONGEST_SOCKET_PATH_BYTES = 107
SOCKETS_PREFIX = "outdial-sockets-"
LOG_ROTATES_AT_BYTES = 16 * 1024 * 1024


def make_home(home: Path) -> None:
    """Create `home` so that the server's account can pass through it and see nothing."""
    try:
        if not home.is_dir():
            home.mkdir(parents=True)
            home.chmod(0o711)
    except OSError as error:
        raise FolderNotUsable(home, error) from error


def take_lock(home: Path) -> int:
    """The open lock file of `home`, ours until it is closed; the kernel lets go of it when we die, however we die.

    Raises:
        HomeInUse: somebody has it.
    """
    path = home / "lock"
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise FolderNotUsable(path, error) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
    except BlockingIOError:
        os.close(handle)
        raise HomeInUse(home, lock_holder(home)) from None
    except OSError as error:
        os.close(handle)
        raise FolderNotUsable(path, error) from error
    return handle


def lock_holder(home: Path) -> int | None:
    """The number in the lock file: of who holds it, or held it last."""
    try:
        return int((home / "lock").read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None


def has_data(data: Path) -> bool:
    """Whether there is a cluster in `data`; false if there is nothing at all.

    Raises:
        NotADataFolder: there is something else.
    """
    try:
        with os.scandir(data) as entries:
            names = {entry.name for entry in entries}
    except FileNotFoundError:
        return False
    except NotADirectoryError:
        raise NotADataFolder(data) from None
    except PermissionError:
        return True  # whose it is decides, and says more than "denied"
    if names and "PG_VERSION" not in names:
        raise NotADataFolder(data)
    return bool(names)


def check_data(data: Path, account: Account, major: int) -> None:
    """What PostgreSQL would refuse, said before any server is started and in words that help.

    Raises:
        WrongOwnerOrMode, OtherMajorVersion, FolderNotUsable.
    """
    try:
        facts = data.stat()
        mode = facts.st_mode & 0o777
        if facts.st_uid != account.uid:
            raise WrongOwnerOrMode(f"{data} has the wrong owner: uid {facts.st_uid} and not '{account.name}'")
        if mode & 0o027:
            raise WrongOwnerOrMode(f"{data} has invalid permissions ({mode:04o}): use chmod 0700 {data}")
        made_by = (data / "PG_VERSION").read_text(encoding="ascii", errors="replace").strip()
    except OSError as error:
        raise FolderNotUsable(data, error) from error
    if made_by != str(major):
        raise OtherMajorVersion(data, made_by, major)


def make_private(folder: Path, account: Account) -> None:
    """Create `folder`, or take what is there, as the account's own and closed to all others."""
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        if folder.is_symlink():
            raise WrongOwnerOrMode(f"{folder} is a link, where a folder of our own should be")
        if not account.is_ours:
            os.chown(folder, account.uid, account.gid, follow_symlinks=False)
        folder.chmod(0o700)
    except OSError as error:
        raise FolderNotUsable(folder, error) from error


def make_sockets(home: Path, account: Account) -> Path:
    """The folder of the server's socket: `run` in `home`, or a fresh temporary one if its path would be too long.

    PostgreSQL only says "could not create any Unix-domain sockets" of a path that the kernel does not take.
    """
    sockets = home / "run"
    if _fits(sockets):
        make_private(sockets, account)
        return sockets
    try:
        parent = Path(tempfile.gettempdir())
        if not (_fits(parent / f"{SOCKETS_PREFIX}12345678") and (account.is_ours or account.can_enter(parent))):
            parent = Path("/tmp")  # noqa: S108 - mkdtemp makes a name nobody can foresee
        sockets = Path(tempfile.mkdtemp(prefix=SOCKETS_PREFIX, dir=parent))
    except OSError as error:
        raise FolderNotUsable(sockets, error) from error
    make_private(sockets, account)
    return sockets


def drop_sockets(home: Path, sockets: Path | None, account: Account) -> None:
    """Remove the traces of a socket whose server is gone: PostgreSQL does not start beside a lock it believes in."""
    for trace in (home / "run").glob(".s.PGSQL.*"):
        with suppress(OSError):
            trace.unlink()
    if sockets is None or sockets.parent == home or not sockets.name.startswith(SOCKETS_PREFIX):
        return
    # The path was told by a file of the account: only a folder of that account is removed for it.
    with suppress(OSError):
        if sockets.lstat().st_uid == account.uid:
            shutil.rmtree(sockets, ignore_errors=True)


def remove_folder(folder: Path) -> None:
    """Remove `folder` and all in it, even while a process that is about to end still writes there."""
    for _ in range(20):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return


def open_log(path: Path) -> IO[bytes]:
    """The log, to append to: a file and not a pipe, which would die with us and take the server along."""
    try:
        if path.exists() and path.stat().st_size > LOG_ROTATES_AT_BYTES:
            path.replace(path.with_name(f"{path.name}.1"))
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        return os.fdopen(os.open(path, flags, 0o600), "ab")
    except OSError as error:
        raise FolderNotUsable(path, error) from error


def log_tail(path: Path, since: int) -> str:
    """The last lines written to the log after position `since`, at most 4 KiB of them."""
    try:
        with path.open("rb") as log:
            log.seek(max(since, path.stat().st_size - 4096))
            return log.read().decode("utf-8", errors="replace").strip() or "(empty)"
    except OSError as error:
        return f"({error})"


def _fits(sockets: Path) -> bool:
    return len(os.fsencode(sockets / f".s.PGSQL.{PORT}")) <= LONGEST_SOCKET_PATH_BYTES
