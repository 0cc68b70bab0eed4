"""What the doctor says of a machine."""

import socket
from collections import namedtuple
from pathlib import Path

import pytest

from outdial.cli.doctor import MEBIBYTE, look_at_disk, look_at_port, look_at_uploads, look_at_zones
from outdial.cli.findings import Level

Usage = namedtuple("Usage", "free")


def test_this_machine_knows_its_time_zones() -> None:
    assert look_at_zones().level is Level.OK


@pytest.mark.parametrize(
    ("free", "level"), [(5000, Level.OK), (2048, Level.OK), (2047, Level.WARN), (200, Level.WARN), (199, Level.FAIL)]
)
def test_a_full_disk_is_told_of_before_it_is_full(
    free: int, level: Level, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda place: Usage(free * MEBIBYTE))
    finding = look_at_disk(tmp_path / "not" / "yet")
    assert finding.level is level
    assert (finding.remedy is None) == (level is Level.OK)


def test_a_taken_port_is_a_warning_as_outdial_may_be_what_listens_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert look_at_port("127.0.0.1", port).level is Level.WARN
    assert look_at_port("127.0.0.1", port).level is Level.OK


def test_an_address_that_is_not_ours_is_a_failure() -> None:
    assert look_at_port("192.0.2.1", 8000).level is Level.FAIL


def test_a_folder_for_uploads_that_is_none_is_a_failure(tmp_path: Path) -> None:
    usable = tmp_path / "uploads"
    assert look_at_uploads(usable).level is Level.OK
    usable.mkdir()
    assert look_at_uploads(usable).level is Level.OK
    assert list(usable.iterdir()) == []
