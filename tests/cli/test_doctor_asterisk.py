"""What the doctor says of Asterisks."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from outdial.adapters.clock import WallClock
from outdial.adapters.telephony.asterisk.carrier import AsteriskSettings, open_carrier
from outdial.adapters.telephony.asterisk.node import NodeSettings
from outdial.cli.doctor_asterisk import look_at_asterisk
from outdial.cli.findings import Finding, Level
from outdial.domain.values import PhoneNumber
from outdial.settings import Settings
from tests.contracts.asterisk import connected
from tests.telephony.asterisk.fake import FakeAsterisk, fake_asterisk
from tests.telephony.registrar import registrar

PERSON, BUSY = PhoneNumber("+8100"), PhoneNumber("+2100")


@pytest.fixture
async def fake() -> AsyncIterator[FakeAsterisk]:
    async with fake_asterisk() as made:
        yield made


def a_file(folder: Path, fake: FakeAsterisk, more: str = "", password: str = "secret") -> Settings:
    path = folder / "asterisk.toml"
    path.write_text(
        f'[[node]]\nname = "one"\nurl = "{fake.url}"\nuser = "outdial"\npassword = "{password}"\n{more}', "utf-8"
    )
    path.chmod(0o600)
    return Settings(home=folder, asterisk_file=path)


async def asked(settings: Settings, call: PhoneNumber | None = None) -> dict[str, Finding]:
    found = await asyncio.to_thread(look_at_asterisk, settings, test_call=call)
    assert all((one.remedy is None) is (one.level is Level.OK) for one in found), "what is not well has its remedy"
    return {one.check: one for one in found}


def test_without_a_file_there_is_nothing_to_say() -> None:
    assert look_at_asterisk(Settings()) == []


async def test_a_server_that_is_fit_and_a_call_over_it(tmp_path: Path, fake: FakeAsterisk) -> None:
    said = await asked(a_file(tmp_path, fake), PERSON)
    assert {check: one.level.value for check, one in said.items()} == {
        "asterisk file": "ok",
        "asterisk one": "ok",
        "asterisk one clock": "ok",
        "asterisk one trunk": "ok",
        "asterisk one message": "ok",
        "test call": "ok",
    }
    assert fake.channels == {}


async def test_looking_makes_nothing_on_the_server(tmp_path: Path, fake: FakeAsterisk) -> None:
    await asked(a_file(tmp_path, fake))
    assert all(line.startswith("GET ") for line in fake.asked)


async def test_a_call_that_is_not_answered_is_told_with_its_cause(tmp_path: Path, fake: FakeAsterisk) -> None:
    said = await asked(a_file(tmp_path, fake), BUSY)
    assert said["test call"].level is Level.FAIL
    assert said["test call"].found.startswith("busy: SIP 486, Q.850 17")


async def test_no_call_is_placed_beside_an_outdial_at_work(tmp_path: Path, fake: FakeAsterisk) -> None:
    node = NodeSettings("one", fake.url, fake.user, fake.password)
    async with open_carrier(AsteriskSettings([node]), WallClock()) as carrier:
        await connected(carrier)
        said = await asked(a_file(tmp_path, fake), PERSON)
    assert said["test call"].found == "an Outdial is at work with one"
    assert fake.made == []


@pytest.mark.parametrize(
    ("version", "level"),
    [("22.10.1", Level.OK), ("20.18.2", Level.OK), ("22.9.0", Level.FAIL), ("20.19.0", Level.FAIL)],
)
async def test_a_version_that_locks_up_is_refused(
    tmp_path: Path, fake: FakeAsterisk, version: str, level: Level
) -> None:
    fake.version = version
    said = (await asked(a_file(tmp_path, fake)))["asterisk one"]
    assert said.level is level
    assert version in said.found


async def test_what_is_missing_on_a_server_is_named(tmp_path: Path, fake: FakeAsterisk) -> None:
    fake.modules.remove("res_stasis_snoop")
    fake.endpoints.clear()
    fake.sounds.clear()
    fake.ahead = timedelta(minutes=2)
    said = await asked(a_file(tmp_path, fake))
    assert {check: (one.level.value, one.found) for check, one in said.items() if one.level is not Level.OK} == {
        "asterisk one": ("fail", "modules are not loaded: res_stasis_snoop"),
        "asterisk one clock": ("warn", said["asterisk one clock"].found),
        "asterisk one trunk": ("fail", "there is no endpoint trunk"),
        "asterisk one message": ("fail", "there is no sound vm-goodbye"),
    }


async def test_a_trunk_that_does_not_answer_is_told(tmp_path: Path, fake: FakeAsterisk) -> None:
    fake.endpoints["trunk"] = "offline"
    assert (await asked(a_file(tmp_path, fake)))["asterisk one trunk"].level is Level.WARN


async def test_a_trunk_that_could_die_unnoticed_is_told(tmp_path: Path, fake: FakeAsterisk) -> None:
    fake.qualified = 0
    said = (await asked(a_file(tmp_path, fake)))["asterisk one trunk"]
    assert (said.level, said.found) == (Level.WARN, "nobody finds out when trunk is dead")


async def test_a_wrong_password_is_told_without_it(tmp_path: Path, fake: FakeAsterisk) -> None:
    said = (await asked(a_file(tmp_path, fake, password="guessed")))["asterisk one"]
    assert (said.level, said.found) == (Level.FAIL, "user or password is wrong")


async def test_a_server_that_is_not_there_is_told_and_takes_no_call(tmp_path: Path, fake: FakeAsterisk) -> None:
    settings = a_file(tmp_path, fake)
    assert settings.asterisk_file is not None
    settings.asterisk_file.write_text(settings.asterisk_file.read_text().replace(fake.url, "http://127.0.0.1:9"))
    settings.asterisk_file.chmod(0o644)
    said = await asked(settings)
    assert said["asterisk file"].level is Level.WARN
    assert said["asterisk one"].level is Level.FAIL
    assert "does not answer" in said["asterisk one"].found


async def test_a_file_that_is_wrong_is_told(tmp_path: Path, fake: FakeAsterisk) -> None:
    said = await asked(a_file(tmp_path, fake, "weight = -1"))
    assert "node.0.weight" in said["asterisk file"].found


class TestPhonesInBrowsers:
    @staticmethod
    def described(server: str) -> str:
        phone = 'user = "ana"\npassword = "a secret word"'
        return f'[browser_phones]\nservers = ["{server}"]\n[[browser_phones.phone]]\n{phone}\n'

    async def test_a_server_that_takes_them(self, tmp_path: Path, fake: FakeAsterisk) -> None:
        fake.modules += ["res_http_websocket", "res_pjsip_transport_websocket", "res_srtp"]
        with registrar("ana", "a secret word") as there:
            said = await asked(a_file(tmp_path, fake, self.described(there.url)))
        assert said["asterisk one phones"].found == "phones in browsers are known, and 1 of 1 registered"
        assert said["browser phones"].level is Level.OK

    async def test_what_is_missing_for_them_is_named(self, tmp_path: Path, fake: FakeAsterisk) -> None:
        settings = a_file(tmp_path, fake, self.described("ws://127.0.0.1:9/ws"))
        said = await asked(settings)
        assert "res_srtp" in said["asterisk one phones"].found
        assert said["browser phones"].level is Level.FAIL
        fake.modules += ["res_http_websocket", "res_pjsip_transport_websocket", "res_srtp"]
        del fake.endpoints["ana"]
        assert (await asked(settings))["asterisk one phones"].found == "there is no endpoint ana"
