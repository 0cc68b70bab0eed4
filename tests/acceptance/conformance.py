"""Run the conformance kit against a server of its own: `python -m tests.acceptance.conformance`."""

import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from outdial.adapters.clock import WallClock
from outdial.client import Client
from outdial.domain.access import Scope
from tests.acceptance.outdial_process import fresh_home
from tests.conformance.kit import a_full_campaign, us_number

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
            with Client(up.address, client["client_id"], client["client_secret"]) as outdial:
                given["CONFORMANCE_TEAM_ID"] = outdial.create_team("Conformance")["id"]
                given["CONFORMANCE_CALLBACK_ID"] = _a_callback(outdial)
            # The kit has its own configuration: nothing of a pytest around it may leak in.
            kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
            return subprocess.run(
                [sys.executable, "-m", "pytest", str(KIT), *arguments], env=kept | given, check=False
            ).returncode
        finally:
            up.stop()


def _a_callback(outdial: Client) -> str:
    """The id of a callback of a campaign that does not run."""
    body = a_full_campaign("Callbacks")
    days = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"]
    body["dialing_strategy"]["calling_hours"] = [{"from": "00:00:00", "to": "00:00:00", "week_days": days}]
    campaign = outdial.create_campaign(body)["id"]
    record_list = outdial.create_record_list("Callbacks")["id"]
    record = outdial.add_record(
        record_list,
        {
            "first_name": "Marta",
            "last_name": "Moreau",
            "phone_numbers": [{"phone_number": us_number(99), "phone_type": "MOBILE"}],
        },
    )["id"]
    outdial.assign(campaign, "record-lists", [{"id": record_list}])
    later = (WallClock().now() + timedelta(days=30)).isoformat()
    promised = {"campaign_id": campaign, "record_id": record, "time_to_call": later}
    return outdial.create_callback(promised)["callback_id"]


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
