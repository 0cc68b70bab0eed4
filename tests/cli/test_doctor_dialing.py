"""What the doctor reads in the database about dialing."""

from dataclasses import replace
from datetime import timedelta

from outdial.cli.doctor_dialing import messages_there, trunks_in_use
from outdial.cli.findings import Level
from tests.domain.test_trunks import NOON, TRUNK


def test_a_trunk_that_takes_calls_is_well() -> None:
    [said] = trunks_in_use([TRUNK], NOON)
    assert (said.check, said.level, said.remedy) == ("dialing over main", Level.OK, None)


def test_one_that_is_drained_is_told_also_while_nobody_dials() -> None:
    trunk = replace(TRUNK, drained=True, draining=True)
    for now in (NOON, NOON + timedelta(hours=1)):
        [said] = trunks_in_use([trunk], now)
        assert (said.level, said.remedy) == (Level.WARN, "`outdial trunks resume main` lets it take calls again")
    assert trunks_in_use([TRUNK], NOON + timedelta(hours=1)) == []


def test_one_that_is_down_is_told_with_its_trouble() -> None:
    [said] = trunks_in_use([replace(TRUNK, trouble="no sign of life")], NOON)
    assert (said.level, said.found) == (Level.WARN, "takes no calls: no sign of life")


def test_messages_that_campaigns_ask_for_have_to_be_in_the_file() -> None:
    assert messages_there({}, []) == []
    [well] = messages_there({"north": 2}, ["north", "south"])
    assert well.level is Level.OK
    [missing] = messages_there({"north": 2, "south": 1}, ["north"])
    assert missing.level is Level.WARN
    assert missing.found.endswith("south (campaigns: 1)")
