"""Schemathesis over the whole document of the API, against a running server: nothing undocumented, and no fault."""

import os
import subprocess
import sys
from pathlib import Path

import httpx

from outdial.domain.access import Scope
from tests.acceptance.outdial_process import fresh_home

LONG = bool(os.environ.get("OUTDIAL_TEST_SCHEMATHESIS"))
"""Asked for by itself: it takes the better part of an hour."""
RUNS = (("examples,coverage,fuzzing", 25), ("stateful", 500)) if LONG else (("examples,fuzzing", 1), ("stateful", 20))
"""Phases, with how many cases they make: for each operation and each kind of data, right and wrong; or along links."""
HOOKS = Path(__file__).with_name("schemathesis_hooks.py")
CHECKS = ",".join(
    [
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_headers_conformance",
        "response_schema_conformance",
        "unsupported_method",
        "ignored_auth",
        "use_after_free",
        "ensure_resource_availability",
    ]
)
"""All but two. The API takes more than its document promises (other spellings, text for numbers), so what the document
calls wrong need not be refused; and what fits the document may name things that are not there."""


def test_the_api_is_as_its_document_says() -> None:
    with fresh_home() as home:
        up = home.up()
        try:
            client = home.json("clients", "create", "--name", "test", "--scopes", " ".join(one.value for one in Scope))
            token = httpx.post(
                f"{up.address}/oauth/token",
                auth=(client["client_id"], client["client_secret"]),
                data={"grant_type": "client_credentials", "token_type": "opaque"},
            ).json()["access_token"]
            for phases, cases in RUNS:
                ran = subprocess.run(
                    [
                        *(sys.executable, "-m", "schemathesis.cli", "run", f"{up.address}/openapi.json"),
                        *("--header", f"Authorization: Bearer {token}", "--seed", "1", "--checks", CHECKS),
                        *("--phases", phases, "--max-examples", str(cases), "--request-timeout", "60"),
                        *("--continue-on-failure", "--warnings", "off", "--no-color"),
                        # It never ends: tests of its own read it.
                        *("--exclude-path", "/v1/events"),
                    ],
                    cwd=home.folder.parent,
                    env=os.environ | {"SCHEMATHESIS_HOOKS": str(HOOKS)},
                    capture_output=True,
                    text=True,
                    check=False,
                )
                assert ran.returncode == 0, ran.stdout[-20_000:] + ran.stderr[-2_000:]
                assert "No issues found" in ran.stdout, ran.stdout
        finally:
            up.stop()
