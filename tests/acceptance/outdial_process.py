"""Outdial as a process of its own, in a home of its own, on a port that the machine chooses."""

import contextlib
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PATIENCE = 180.0
"""Seconds after which a process that says nothing is given up. Nothing is asserted about time."""


class Home:
    """A folder for an installation, and commands that work on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "home"
        self._log = folder / "stderr"

    @property
    def environment(self) -> dict[str, str]:
        # Each process would compile every module anew if it might not keep the compiled form.
        unwanted = ("OUTDIAL_", "PYTHONDONTWRITEBYTECODE")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(unwanted)}
        return kept | {"OUTDIAL_HOME": str(self.folder), "OUTDIAL_LOG_LEVEL": "warning"}

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run one command to its end."""
        return subprocess.run(
            [sys.executable, "-m", "outdial", *arguments],
            env=self.environment | environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    def json(self, *arguments: str) -> dict[str, Any]:
        """The result of a command that must succeed."""
        ended = self.run(*arguments, "--json")
        assert ended.returncode == 0, ended.stderr
        result: dict[str, Any] = json.loads(ended.stdout)
        return result

    def up(self, *arguments: str) -> "Up":
        """Start the server; answers once it says that it is ready."""
        with self._log.open("w") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "outdial", "up", "--json", *(arguments or ("--port", "0"))],
                env=self.environment,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        return Up(process, self._log)

    def processes(self) -> list[int]:
        """Processes that live in this home: a PostgreSQL server works inside its data folder."""
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    inside = (entry / "cwd").readlink().is_relative_to(self.folder)
                except OSError:  # ended meanwhile, or not ours to look at
                    continue
                if inside:
                    found.append(int(entry.name))
        return found


class Up:
    """A running `outdial up`."""

    def __init__(self, process: subprocess.Popen[str], log: Path) -> None:
        self.process, self._log = process, log
        assert process.stdout is not None
        ready, _, _ = select.select([process.stdout], [], [], PATIENCE)
        line = process.stdout.readline() if ready else ""
        if not line:
            process.kill()
            process.wait()
            raise AssertionError(f"up did not become ready:\n{self.stderr}")
        self.said: dict[str, Any] = json.loads(line)
        self.address: str = self.said["address"]

    @property
    def stderr(self) -> str:
        return self._log.read_text()

    @property
    def port(self) -> int:
        return int(self.address.rpartition(":")[2])

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to stop, and wait for its exit code."""
        self.process.send_signal(number)
        code = self.process.wait(PATIENCE)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code


@contextlib.contextmanager
def fresh_home() -> Iterator[Home]:
    """A home in which nothing is yet; at the end nothing is left of it."""
    folder = Path(tempfile.mkdtemp(prefix="outdial-test-"))
    # As root the database runs as another account, which must be able to pass through.
    folder.chmod(0o711)
    home = Home(folder)
    try:
        yield home
    finally:
        left = home.processes()
        for pid in left:
            os.kill(pid, signal.SIGKILL)
        shutil.rmtree(folder, ignore_errors=True)
