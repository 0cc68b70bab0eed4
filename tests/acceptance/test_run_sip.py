"""`outdial run --carrier sip`: a campaign of real calls, with sipp for the carrier, and nothing lost or left behind."""

import json
import os
import signal
from pathlib import Path

import pytest

from outdial.adapters.media.sounds import tone
from tests.acceptance.outdial_process import Home
from tests.simulation.conftest import a_campaign
from tests.telephony.sipp import SCENARIOS, needs_sipp, sipp

LONG = os.environ.get("OUTDIAL_TEST_LONG") == "1"
CALLS, AGENTS = (600, 120) if LONG else (40, 30)
"""The long form goes on for about a minute at up to ten calls a second."""


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    """A list that is longer than the run, and a campaign that is open all week and lets it ring for six seconds."""
    list_path, campaign_path = tmp_path / "list.csv", tmp_path / "campaign.json"
    areas = (202, 212, 303, 312, 404, 415, 503, 512, 602, 617, 702, 713)
    numbers = [f"+1{area}55501{n:02}" for area in areas for n in range(100)]
    rows = [f"Ada,Okafor,{number}" for number in numbers[: 2 * CALLS]]
    list_path.write_text("\n".join(["First name,Last name,Mobile", *rows]), "utf-8")
    campaign = a_campaign()
    campaign["dialing_mode_configuration"] |= {"answering_machine_detection": False, "max_ring_time_in_secs": 6}
    campaign_path.write_text(json.dumps(campaign), "utf-8")
    return str(list_path), str(campaign_path)


@needs_sipp
def test_a_campaign_of_real_calls_comes_to_its_end(tmp_path: Path, files: tuple[str, str]) -> None:
    folder = tmp_path / "sipp"
    folder.mkdir()
    for name in ("voice.ul", "machine.ul"):
        (folder / name).write_bytes(tone(400.0, seconds=1.0))
    list_path, campaign = files
    with sipp(folder, scenario=SCENARIOS / "carrier.xml", calls=None, options=["-set", "mix", "1"]) as peer:
        ended = Home(tmp_path).run(
            *("run", list_path, "--campaign", campaign, "--agents", str(AGENTS)),
            *("--carrier", "sip", "--trunk", f"127.0.0.1:{peer.port}", "--until", f"{CALLS}calls", "--json"),
        )
        assert ended.returncode == 0, ended.stderr
        assert "sip_left_behind" not in ended.stderr
        # Asked in this way, sipp ends when it has no call any more.
        peer.process.send_signal(signal.SIGUSR1)
        assert peer.process.wait(30) in (0, 1), peer.errors()
    result = json.loads(ended.stdout)
    outcomes = result["outcomes"]
    assert result["attempts"] >= CALLS
    assert sum(outcomes.values()) == result["attempts"], "every attempt has its outcome"
    assert outcomes["lost"] == outcomes["carrier_fault"] == outcomes["congestion"] == 0
    assert all(outcomes[name] > 0 for name in ("connected", "busy", "no_answer")), outcomes
