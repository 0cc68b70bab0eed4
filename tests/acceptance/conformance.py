"""Run the conformance kit against a server of its own: `python -m tests.acceptance.conformance`."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from outdial.domain.access import Scope
from tests.acceptance.outdial_process import fresh_home

KIT = Path(__file__).parents[1] / "conformance"
NUMBER = "+12025550199"


def run(arguments: Sequence[str]) -> int:
    """The exit code of pytest; `arguments` are handed on to it."""
    with fresh_home() as home:
        up = home.up()
        try:
            scopes = " ".join(scope.value for scope in Scope)
            client = home.json("clients", "create", "--name", "conformance", "--scopes", scopes)
            given = {
                "CONFORMANCE_BASE_URL": up.address,
                "CONFORMANCE_CLIENT_ID": client["client_id"],
                "CONFORMANCE_CLIENT_SECRET": client["client_secret"],
                "CONFORMANCE_USER_ID": home.json("users", "create", "--name", "Ana")["id"],
                "CONFORMANCE_NUMBER_ID": home.json("numbers", "add", NUMBER)["id"],
                "CONFORMANCE_PHONE_NUMBER": NUMBER,
            }
            # The kit has its own configuration: nothing of a pytest around it may leak in.
            kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
            return subprocess.run(
                [sys.executable, "-m", "pytest", str(KIT), *arguments], env=kept | given, check=False
            ).returncode
        finally:
            up.stop()


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
