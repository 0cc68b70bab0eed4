"""As whom the server runs. PostgreSQL refuses root, so root hands every server command to another account."""

import os
import pwd
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from outdial.adapters.postgres.errors import FolderNotReachable, UnknownAccount, WrongOwnerOrMode

# In this order, when root has neither data nor a setting that names one.
USUAL_ACCOUNTS = ("postgres", "nobody")
COMMAND_PATIENCE_SECONDS = 300.0
# Nothing of our own environment reaches the server: a PGDATA or an odd locale of the caller would change what it does.
ENVIRONMENT = {"LC_ALL": "C", "PATH": "/usr/bin:/bin:/usr/sbin:/sbin"}


@dataclass(frozen=True)
class Account:
    """An entry of the user database."""

    name: str
    uid: int
    gid: int

    @property
    def is_ours(self) -> bool:
        """Whether this process already runs as it."""
        return self.uid == os.geteuid()

    def run(self, argv: Sequence[str], *, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run a command to its end as this account, its two outputs in one.

        Raises:
            PermissionError: this account may not execute the program.
            OSError: the program cannot be executed at all.
            subprocess.TimeoutExpired: it did not end in `COMMAND_PATIENCE_SECONDS`; it is killed.
        """
        return subprocess.run(  # noqa: S603 - a fixed program, no shell, arguments of our own
            argv,
            # An empty input and not an inherited one: the terminal belongs to the caller.
            input=stdin or "",
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=COMMAND_PATIENCE_SECONDS,
            check=False,
            cwd="/",
            env=ENVIRONMENT,
            umask=0o077,
            # A session of its own: Ctrl-C is for us, and we decide what ends.
            start_new_session=True,
            user=None if self.is_ours else self.uid,
            group=None if self.is_ours else self.gid,
            extra_groups=None if self.is_ours else [],
        )

    def spawn(self, argv: Sequence[str], *, output: IO[bytes]) -> subprocess.Popen[bytes]:
        """Start a command as this account and leave it running, its outputs appended to `output`."""
        return subprocess.Popen(  # noqa: S603 - as above
            argv,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd="/",
            env=ENVIRONMENT,
            umask=0o077,
            start_new_session=True,
            user=None if self.is_ours else self.uid,
            group=None if self.is_ours else self.gid,
            extra_groups=None if self.is_ours else [],
        )

    def can_enter(self, folder: Path) -> bool:
        """Whether this account may pass through `folder`: asked of the system, as access lists and mounts count too."""
        return self.run(["/bin/sh", "-c", 'cd -- "$1"', "sh", str(folder)]).returncode == 0


def invoker() -> Account:
    """The account of this process, which the server will let in.

    Raises:
        UnknownAccount: our uid has no entry, as in a container started with a bare `--user`.
    """
    return by_uid(os.geteuid())


def by_uid(uid: int) -> Account:
    """Raises `UnknownAccount` if the user database has no such uid."""
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        raise UnknownAccount(uid) from None
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def by_name(name: str) -> Account:
    """Raises `UnknownAccount` if the user database has no such name."""
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        raise UnknownAccount(name) from None
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def choose_account(data: Path, *, has_data: bool, setting: str | None) -> Account:
    """As whom the server of `data` runs.

    The owner of existing data wins over the setting: an account installed later could not open it.

    Raises:
        UnknownAccount: the account chosen, or each of the usual ones, is not in the user database.
        WrongOwnerOrMode: the data belongs to root, or to somebody else than the ordinary user we are.
    """
    us = invoker()
    owner = data.stat().st_uid if has_data else None
    if us.uid != 0:
        if owner not in (None, us.uid):
            raise WrongOwnerOrMode(f"{data} has the wrong owner: it belongs to uid {owner} and you are '{us.name}'")
        return us
    if owner == 0:
        raise WrongOwnerOrMode(f"{data} has the wrong owner: it belongs to root, and PostgreSQL refuses to run as root")
    if owner is not None:
        return by_uid(owner)
    if setting is not None:
        if (named := by_name(setting)).uid == 0:
            raise WrongOwnerOrMode(f"PostgreSQL refuses to run as root: name another account than '{setting}'")
        return named
    for name in USUAL_ACCOUNTS:
        try:
            return by_name(name)
        except UnknownAccount:
            continue
    raise UnknownAccount(USUAL_ACCOUNTS[-1])


def require_entry(account: Account, folder: Path) -> None:
    """Raises `FolderNotReachable`, naming the outermost folder on the way that keeps the account out."""
    if account.is_ours or account.can_enter(folder):
        return
    for step in [*reversed(folder.parents), folder]:
        if not account.can_enter(step):
            raise FolderNotReachable(step, account.name)
