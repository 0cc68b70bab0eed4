"""The file that describes a fleet of Asterisks."""

from pathlib import Path

import pytest

from outdial.adapters.telephony.asterisk.configuration import AsteriskFileInvalid, read_file
from outdial.domain.machine_detection import RULES, Profile

NODE = '[[node]]\nname = "one"\nurl = "http://127.0.0.1:8088"\nuser = "outdial"\npassword = "secret-word"\n'
PHONES = """[browser_phones]
servers = ["wss://pbx.example/ws"]

[[browser_phones.phone]]
user = "ana"
password = "secret-word-2"
"""
ICE = '[[browser_phones.ice_server]]\nurls = ["stun:stun.example.com:3478"]\n'


def described(folder: Path, text: str) -> Path:
    file = folder / "asterisk.toml"
    file.write_text(text)
    return file


def test_the_shortest_file(tmp_path: Path) -> None:
    found = read_file(described(tmp_path, NODE))
    (node,) = found.nodes
    assert (node.name, node.url, node.password) == ("one", "http://127.0.0.1:8088", "secret-word")
    assert node.endpoint.format(number="+12025550142") == "PJSIP/+12025550142@trunk"
    assert found.rules == RULES[Profile.PRIVATE]


def test_messages_have_the_names_that_campaigns_use(tmp_path: Path) -> None:
    found = read_file(described(tmp_path, f'[messages]\nnorth = "sound:sorry-north"\n{NODE}'))
    assert found.messages == {"north": "sound:sorry-north"}


def test_phones_in_browsers(tmp_path: Path) -> None:
    found = read_file(described(tmp_path, NODE + PHONES + ICE))
    phones = found.browser_phones
    assert phones is not None
    assert phones.servers == ("wss://pbx.example/ws",)
    assert phones.passwords == {"ana": "secret-word-2"}
    assert [one.urls for one in phones.ice_servers] == [("stun:stun.example.com:3478",)]
    assert "secret-word" not in repr(found)


@pytest.mark.parametrize(
    ("detection", "rules"), [("private", RULES[Profile.PRIVATE]), ("business", RULES[Profile.BUSINESS]), ("off", None)]
)
def test_detection_is_chosen_by_name(tmp_path: Path, detection: str, rules: object) -> None:
    assert read_file(described(tmp_path, f'detection = "{detection}"\n{NODE}')).rules == rules


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "node: "),
        ("detection = [", "cannot be read"),
        (f'colour = "red"\n{NODE}', "colour: "),
        (f'message = "goodbye"\n{NODE}', "message: "),
        (f'[messages]\nnorth = "goodbye"\n{NODE}', "messages.north: "),
        (NODE.replace("http://", "ftp://"), "node.0.url: "),
        (NODE + 'endpoint = "PJSIP/trunk"\n', "node.0.endpoint: "),
        (NODE + "weight = -1\n", "node.0.weight: "),
        (NODE + NODE, "two nodes have the same name"),
        (NODE + PHONES.replace("wss:", "https:"), "browser_phones.servers.0: "),
        (NODE + PHONES.replace("/ws", "/ws; script-src *"), "browser_phones.servers.0: "),
        (NODE + PHONES.replace("secret-word-2", "short"), "browser_phones.phone.0.password: "),
        (NODE + PHONES + PHONES[PHONES.index("[[") :], "two phones have the same user"),
        (
            NODE + PHONES + ICE.replace("stun:", "http:"),
            "browser_phones.ice_server.0.urls.0: ",
        ),
        (NODE + '[browser_phones]\nservers = ["wss://pbx.example/ws"]\n', "browser_phones.phone: "),
    ],
)
def test_what_is_wrong_is_named_and_no_password_is_shown(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(AsteriskFileInvalid) as told:
        read_file(described(tmp_path, text))
    assert says in str(told.value)
    assert "secret-word" not in str(told.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(AsteriskFileInvalid, match="cannot be read"):
        read_file(tmp_path / "nothing.toml")
