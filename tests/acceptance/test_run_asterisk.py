"""`outdial run --carrier asterisk`: a campaign through an Asterisk, which a fake plays as it was recorded."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.acceptance.outdial_process import Home
from tests.simulation.conftest import a_campaign
from tests.telephony.asterisk.fake import FakeAsterisk, fake_asterisk

PEOPLE = [f"+120255501{n:02}" for n in range(8)]
UNKNOWN = [f"+4477009000{n:02}" for n in range(4)]


@pytest.fixture
async def fake() -> AsyncIterator[FakeAsterisk]:
    async with fake_asterisk() as made:
        yield made


@pytest.fixture
def command(tmp_path: Path) -> list[str]:
    """A run of people who answer and of numbers that there are not, in a campaign that is open all week."""
    list_path, campaign_path = tmp_path / "list.csv", tmp_path / "campaign.json"
    rows = [f"Ada,Okafor,{number}" for number in PEOPLE + UNKNOWN]
    list_path.write_text("\n".join(["First name,Last name,Mobile", *rows]), "utf-8")
    campaign = a_campaign()
    campaign["dialing_mode_configuration"] |= {"answering_machine_detection": False}
    campaign_path.write_text(json.dumps(campaign), "utf-8")
    named = ["run", str(list_path), "--campaign", str(campaign_path), "--carrier", "asterisk", "--agents", "12"]
    return [*named, "--json"]


def a_file(folder: Path, url: str) -> str:
    path = folder / "asterisk.toml"
    path.write_text(f'[[node]]\nname = "one"\nurl = "{url}"\nuser = "outdial"\npassword = "secret"\n', "utf-8")
    return str(path)


async def test_a_campaign_comes_to_its_end_and_no_number_to_the_log(
    tmp_path: Path, fake: FakeAsterisk, command: list[str]
) -> None:
    ended = await asyncio.to_thread(
        Home(tmp_path).run, *command, OUTDIAL_ASTERISK_FILE=a_file(tmp_path, fake.url), OUTDIAL_LOG_LEVEL="info"
    )
    assert ended.returncode == 0, ended.stderr
    outcomes = json.loads(ended.stdout)["outcomes"]
    assert {name: count for name, count in outcomes.items() if count} == {
        "connected": len(PEOPLE),
        "invalid_number": len(UNKNOWN),
    }
    assert "asterisk_node" in ended.stderr, "the log has something to say"
    assert "55501" not in ended.stderr
    await fake.settled()
    assert fake.channels == {}


def test_without_a_file_it_says_what_is_missing(tmp_path: Path, command: list[str]) -> None:
    ended = Home(tmp_path).run(*command)
    assert ended.returncode == 2
    assert "OUTDIAL_ASTERISK_FILE" in ended.stderr
