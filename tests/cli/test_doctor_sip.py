"""What the doctor says of SIP trunks."""

import socket
from pathlib import Path

import pytest

from outdial.adapters.media.client import MediaSettings
from outdial.adapters.media.sounds import tone
from outdial.adapters.telephony.sip.carrier import SipSettings, TrunkHealth
from outdial.adapters.telephony.sip.trunks import TrunkSettings
from outdial.cli.doctor_sip import findings_of, look_at_media_ports, look_at_sip
from outdial.cli.findings import Level
from outdial.domain.values import PhoneNumber
from outdial.settings import Settings
from tests.telephony.sipp import SCENARIOS, free_port, needs_sipp, sipp

NUMBER = PhoneNumber("+12025550142")


def a_file(folder: Path, port: int, more: str = "") -> Settings:
    path = folder / "sip.toml"
    text = (
        f'port = {free_port()}\n[[trunk]]\nname = "a"\nhost = "127.0.0.1"\nport = {port}\nanswer_within = 0.3\n{more}'
    )
    path.write_text(text, "utf-8")
    path.chmod(0o600)
    return Settings(home=folder, sip_file=path)


def test_without_a_file_there_is_nothing_to_say_unless_a_call_was_asked_for() -> None:
    assert look_at_sip(Settings()) == []
    [said] = look_at_sip(Settings(), test_call=NUMBER)
    assert (said.level, said.remedy) == (Level.FAIL, "set OUTDIAL_SIP_FILE or OUTDIAL_ASTERISK_FILE")


def test_a_file_that_is_wrong_or_open_to_others_is_told(tmp_path: Path) -> None:
    settings = a_file(tmp_path, 9, "weight = 0")
    [said] = look_at_sip(settings)
    assert said.level is Level.FAIL
    assert "trunk.0.weight" in said.found


@needs_sipp
def test_a_trunk_that_answers_and_a_call_over_it(tmp_path: Path) -> None:
    for name in ("voice.ul", "machine.ul"):
        (tmp_path / name).write_bytes(tone(400.0, seconds=1.0))
    with sipp(tmp_path, scenario=SCENARIOS / "carrier.xml", calls=None) as peer:
        settings = a_file(tmp_path, peer.port)
        settings.sip_file.chmod(0o644)  # type: ignore[union-attr]
        said = {one.check: one for one in look_at_sip(settings, test_call=NUMBER)}
    assert said["sip file"].level is Level.WARN
    assert said["trunk a"].found.endswith("answers (200)")
    assert said["media ports"].level is Level.OK
    assert said["test call"].level is Level.OK


def test_a_trunk_that_is_dead_and_a_call_over_it(tmp_path: Path) -> None:
    said = {one.check: one for one in look_at_sip(a_file(tmp_path, free_port()), test_call=NUMBER)}
    assert said["trunk a"].level is Level.WARN
    assert said["test call"].level is Level.FAIL
    assert "lost" in said["test call"].found


@pytest.mark.parametrize(("registered", "levels"), [(True, ["ok", "ok"]), (False, ["ok", "fail"]), (None, ["ok"])])
def test_a_registration_is_told(registered: bool | None, levels: list[str]) -> None:
    trunk = TrunkHealth(
        "a",
        "the registrar answers 403 Forbidden",
        False,
        0,
        0,
        30,
        address="192.0.2.1:5060",
        registered=registered,
        ping_status=200,
    )
    assert [one.level.value for one in findings_of(trunk)] == levels


def test_ports_for_sound_that_are_taken_or_too_few_are_told() -> None:
    first = free_port()
    trunk = TrunkSettings("a", "192.0.2.1", max_calls=10)
    few = SipSettings([trunk], media=MediaSettings(ports=(first, first + 3)))
    assert look_at_media_ports(few).level is Level.WARN
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", first))
        assert look_at_media_ports(few).level is Level.FAIL
