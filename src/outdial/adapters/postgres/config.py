"""The server's configuration: written by us before each start, so that no edit of another version survives."""

import os
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

from outdial.adapters.postgres.accounts import Account
from outdial.adapters.postgres.errors import ConfigNotWritten

PORT = 5432  # only a part of the socket's name: nothing listens on a network
USER = "outdial"
DATABASE = "outdial"
MAIN_FILE = "outdial.conf"
MEBIBYTE = 1024 * 1024


class Durability(StrEnum):
    """What a crash of the machine may cost."""

    FULL = "full"
    """Nothing that was committed."""
    RELAXED = "relaxed"
    """The last fraction of a second; the database stays sound."""
    NONE = "none"
    """The whole database: for one that is thrown away."""


WRITING: Mapping[Durability, Mapping[str, str]] = {
    Durability.FULL: {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"},
    Durability.RELAXED: {"fsync": "on", "synchronous_commit": "off", "full_page_writes": "on"},
    Durability.NONE: {
        "fsync": "off",
        "synchronous_commit": "off",
        "full_page_writes": "off",
        "wal_level": "minimal",
        "max_wal_senders": "0",
    },
}


def config_files(
    data: Path, *, sockets: Path, invoker: Account, durability: Durability, memory_bytes: int
) -> dict[str, str]:
    """Name and text of each file of the configuration, which lie in `data`.

    `peer` with a map: the kernel names the process at the other end of the socket, so there is no password to lose,
    and of all accounts only ours is let in, the server's own included.
    """
    settings = {
        "listen_addresses": "",
        "port": str(PORT),
        # The value is a list in which a quoted element may hold commas and spaces.
        "unix_socket_directories": '"' + str(sockets).replace('"', '""') + '"',
        # The folder guards: it is 0700.
        "unix_socket_permissions": "0777",
        "hba_file": str(data / "outdial_hba.conf"),
        "ident_file": str(data / "outdial_ident.conf"),
        "cluster_name": "outdial",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_line_prefix": "%m [%p] ",
        # People's numbers and names stay out of the log: no statement text, and no DETAIL with the values of a row.
        "log_min_error_statement": "panic",
        "log_error_verbosity": "terse",
        "max_connections": "100",
        **_memory(memory_bytes),
        "jit": "off",  # compiling costs more than any of our short statements takes
        # Parallel workers share memory through /dev/shm, which containers limit to 64 MB.
        "max_parallel_workers_per_gather": "0",
        "max_parallel_maintenance_workers": "0",
        "max_wal_size": "1GB",
        "idle_in_transaction_session_timeout": "60s",
        # The queue's tables have thresholds of their own; looking often is what keeps their dead rows few.
        "autovacuum_naptime": "10s",
        **WRITING[durability],
    }
    return {
        "outdial_hba.conf": "local all outdial peer map=outdial\n",
        "outdial_ident.conf": f'outdial "{invoker.name}" outdial\n',
        MAIN_FILE: "".join(f"{name} = {quoted(value)}\n" for name, value in settings.items()),
    }


def quoted(value: str) -> str:
    """A value as PostgreSQL's configuration files and command lines read it back."""
    return "'" + value.replace("\\", "\\\\").replace("'", "''").replace("\n", "\\n") + "'"


def write_config(data: Path, files: Mapping[str, str], account: Account) -> None:
    """Replace each file whole, so that a full disk leaves the earlier one.

    Raises:
        ConfigNotWritten: one could not be written.
    """
    for name, text in files.items():
        path, part = data / name, data / f".{name}.part"
        try:
            part.unlink(missing_ok=True)
            # The folder is the server account's, and we may be root: never write through a link that waits there.
            handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                if not account.is_ours:
                    os.fchown(file.fileno(), account.uid, account.gid)
            part.replace(path)
        except OSError as error:
            raise ConfigNotWritten(path, error) from error


def same_config(data: Path, files: Mapping[str, str]) -> bool:
    """Whether `data` already has exactly this configuration."""
    try:
        return all((data / name).read_text(encoding="utf-8") == text for name, text in files.items())
    except (OSError, ValueError):
        return False


def machine_memory_bytes() -> int:
    """The memory this machine has, or this container may use."""
    amounts = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    for limit in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            amounts.append(int(Path(limit).read_text(encoding="ascii")))
        except (OSError, ValueError):
            continue  # no such control group, or "max"
    return min(amounts)


def _memory(machine_bytes: int) -> dict[str, str]:
    """An eighth of the machine for the shared cache: the dialer itself and the page cache live there too."""
    shared = min(max(machine_bytes // 8 // MEBIBYTE, 32), 1024)
    upkeep = min(max(machine_bytes // 32 // MEBIBYTE, 32), 256)
    return {
        "shared_buffers": f"{shared}MB",
        "effective_cache_size": f"{max(machine_bytes // 2 // MEBIBYTE, 64)}MB",
        "work_mem": "8MB",
        "maintenance_work_mem": f"{upkeep}MB",
    }
