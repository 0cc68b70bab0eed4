"""What describes a SIP back end: options and a file, checked before anything is called."""

from datetime import timedelta
from pathlib import Path

import pytest

from outdial.adapters.telephony.sip.digest import Credentials, ha1_of
from outdial.adapters.telephony.sip.sdp import Codec
from outdial.cli.sip import settings_of
from outdial.domain.errors import Invalid
from outdial.domain.machine_detection import RULES, Profile
from outdial.domain.outcomes import Outcome
from outdial.settings import Settings

HERE = Settings(home=Path("/nowhere"), secret_key="a key")


def described(folder: Path, text: str) -> Path:
    path = folder / "sip.toml"
    path.write_text(text, "utf-8")
    return path


def test_a_trunk_by_its_address() -> None:
    settings = settings_of(HERE, ["192.0.2.10:5070", "carrier.example"], None)
    assert [(trunk.host, trunk.port) for trunk in settings.trunks] == [("192.0.2.10", 5070), ("carrier.example", 5060)]


@pytest.mark.parametrize("trunk", ["a:b", "192.0.2.1:0", "192.0.2.1:70000", "sip:x", ""])
def test_what_is_no_address_is_refused(trunk: str) -> None:
    with pytest.raises(Invalid, match="HOST:PORT"):
        settings_of(HERE, [trunk], None)


def test_neither_or_both_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="either"):
        settings_of(HERE, [], None)
    with pytest.raises(Invalid, match="either"):
        settings_of(HERE, ["192.0.2.1"], tmp_path)


def test_a_file_describes_everything(tmp_path: Path) -> None:
    text = """
        host = "192.0.2.5"
        port = 5080
        record = true
        keep_recordings_days = 30
        realm = "office"
        detection = "business"

        [media]
        first_port = 30000
        last_port = 30099
        messages = { north = "north.wav" }

        [[trunk]]
        name = "first"
        host = "carrier.example"
        priority = 1
        weight = 3
        calls_per_second = 5
        codecs = ["PCMA"]
        username = "dialer"
        password = "s3cret"
        register = true
        caller_ids = ["+12025550199"]
        outcomes = { 404 = "no_answer" }

        [[phone]]
        username = "ana"
        password = "t0p"

        [browser_phones]
        servers = ["wss://gateway.example/ws"]
        phone = [{ user = "cy", password = "s3cret word" }]

        [[phone]]
        username = "bo"
        ha1 = "0123456789abcdef0123456789abcdef"
    """
    settings = settings_of(HERE, [], described(tmp_path, text))
    [trunk] = settings.trunks
    assert (trunk.codecs, trunk.credentials) == ((Codec.PCMA,), Credentials("dialer", "s3cret"))
    assert trunk.statuses == {404: Outcome.NO_ANSWER}
    assert settings.phones == {"ana": ha1_of("ana", "office", "t0p"), "bo": "0123456789abcdef0123456789abcdef"}
    assert settings.browser_phones is not None
    assert settings.browser_phones.passwords == {"cy": "s3cret word"}
    assert settings.keep_recordings == timedelta(days=30)
    assert (settings.media.host, settings.media.ports) == ("192.0.2.5", (30_000, 30_099))
    assert (settings.media.recordings, settings.media.secret) == (HERE.recordings, "a key")
    assert settings.media.messages == {"north": tmp_path / "north.wav"}
    assert settings.rules == RULES[Profile.BUSINESS]
    assert "s3cret" not in repr(settings)
    assert "a key" not in repr(settings)


TRUNK = '[[trunk]]\nname = "a"\nhost = "192.0.2.1"\n'


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "trunk"),
        (TRUNK + 'secret = "s3cret"', "trunk.0.secret"),
        (TRUNK + 'password = "s3cret"', "username and password go together"),
        (TRUNK + "register = true", "to register takes username and password"),
        (TRUNK + "weight = 0", "trunk.0.weight"),
        (TRUNK + 'codecs = ["G729"]', "trunk.0.codecs.0"),
        (TRUNK + 'headers = { X-A = "s3cret\\nVia: x" }', "trunk.0.headers"),
        (TRUNK + TRUNK, "two trunks have the same name"),
        (TRUNK + '[[phone]]\nusername = "ana"', "phone.0"),
        (TRUNK + "[media]\nfirst_port = 30001", "media"),
        (TRUNK + '[browser_phones]\nservers = ["https://a"]\n', "browser_phones.servers.0"),
        (TRUNK + '[media]\nmessages = { "No way" = "a.wav" }', "media.messages.No way"),
        ("trunk = [", "cannot be read"),
    ],
)
def test_every_wrong_line_is_named_and_no_secret_shown(tmp_path: Path, text: str, named: str) -> None:
    with pytest.raises(Invalid) as refused:
        settings_of(HERE, [], described(tmp_path, text))
    assert named in str(refused.value)
    assert "s3cret" not in str(refused.value)
