"""A server to throw away: for running one file, for the demo, and for tests."""

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from outdial.adapters.postgres.accounts import choose_account
from outdial.adapters.postgres.config import Durability
from outdial.adapters.postgres.errors import EmbeddedPostgresError, FolderNotUsable, FolderTaken
from outdial.adapters.postgres.folders import has_data, lock_holder, remove_folder
from outdial.adapters.postgres.processes import alive_server, read_pid_file
from outdial.adapters.postgres.supervisor import EmbeddedPostgres, halt

PREFIX = "outdial-throwaway-"


@contextmanager
def temporary_postgres(
    keep: Path | None = None, *, account: str | None = None, programs: Path | None = None
) -> Iterator[EmbeddedPostgres]:
    """A started server with an empty database; at the end it is stopped and its folder removed, whatever happened.

    Only a signal that Python does not turn into an exception gets past that (SIGKILL, and SIGTERM unless it is
    handled): the next call then ends that server and removes its folder.

    Args:
        keep: a folder to have the server in, and to leave there; later it can be opened by `EmbeddedPostgres(keep)`.
        account, programs: as for `EmbeddedPostgres`.

    Raises:
        FolderTaken: `keep` already has a database.
        EmbeddedPostgresError: as by `EmbeddedPostgres.start`.
    """
    if keep is not None:
        keep = keep.expanduser()
        if has_data(keep / "data"):
            raise FolderTaken(keep)
        with EmbeddedPostgres(keep, account=account, programs=programs, durability=Durability.RELAXED) as server:
            yield server
        return
    home = _make_folder(account)
    try:
        _sweep(home.parent)
        with EmbeddedPostgres(home, account=account, programs=programs, durability=Durability.NONE) as server:
            yield server
    finally:
        remove_folder(home)


def _make_folder(setting: str | None) -> Path:
    """A fresh folder at a place that the server's account can reach: the user's choice of TMPDIR may not be one."""
    parent = Path(tempfile.gettempdir())
    account = choose_account(parent, has_data=False, setting=setting)
    if not account.is_ours and not account.can_enter(parent):
        parent = Path("/tmp")  # noqa: S108 - mkdtemp makes a name nobody can foresee
    try:
        home = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
        home.chmod(0o711)
    except OSError as error:
        raise FolderNotUsable(parent, error) from error
    return home


def _sweep(parent: Path) -> None:
    """End the servers and remove the folders of earlier calls whose process was killed.

    A folder whose lock has no number in it is being made by somebody, and left alone.
    """
    for home in parent.glob(f"{PREFIX}*"):
        try:
            if home.is_symlink() or home.stat().st_uid != os.geteuid() or lock_holder(home) is None:
                continue
            lock = os.open(home / "lock", os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
        except OSError:
            continue
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            data = home / "data"
            if (told := read_pid_file(data)) is not None:
                owner = choose_account(data, has_data=True, setting=None)
                if (server := alive_server(data, told.pid, owner)) is not None:
                    halt(server)
            remove_folder(home)
        except (OSError, EmbeddedPostgresError):
            continue  # it is in use, or somebody else sweeps as well
        finally:
            os.close(lock)
