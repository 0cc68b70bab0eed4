"""Recordings as somebody has them who may hear them."""

from pathlib import Path
from uuid import UUID

import pytest

from outdial.adapters.media.recording import LEFT, Recorder
from outdial.adapters.media.sounds import tone
from outdial.cli import execute

ATTEMPT = "6f1f0f5e-7d0c-4f2e-9d0a-0f2f4dbd3d10"


@pytest.fixture
def recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with one encrypted recording."""
    monkeypatch.setenv("OUTDIAL_HOME", str(tmp_path))
    monkeypatch.setenv("OUTDIAL_SECRET_KEY", "a key")
    (tmp_path / "recordings").mkdir()
    recorder = Recorder(tmp_path / "recordings", str(UUID(ATTEMPT)), "a key")
    recorder.hear(LEFT, tone(400.0, seconds=0.5), 0, 0)
    recorder.close()
    return tmp_path


def test_an_encrypted_recording_is_exported_as_a_wav_file(recorded: Path) -> None:
    out = recorded / "call.wav"
    assert execute(["recordings", "export", ATTEMPT, "--out", str(out)]) == 0
    assert out.read_bytes()[:4] == b"RIFF"
    assert len(out.read_bytes()) == 44 + 4000 * 4


def test_a_file_that_is_there_is_not_replaced(recorded: Path) -> None:
    out = recorded / "call.wav"
    out.write_bytes(b"mine")
    assert execute(["recordings", "export", ATTEMPT, "--out", str(out)]) != 0
    assert out.read_bytes() == b"mine"


def test_another_key_and_another_attempt_are_refused(recorded: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = recorded / "call.wav"
    other = "00000000-7d0c-4f2e-9d0a-0f2f4dbd3d10"
    assert execute(["recordings", "export", other, "--out", str(out)]) == 3
    monkeypatch.setenv("OUTDIAL_SECRET_KEY", "another")
    assert execute(["recordings", "export", ATTEMPT, "--out", str(out)]) == 2
    assert not out.exists()
