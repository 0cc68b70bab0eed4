"""Recordings: what is in them, who can read them, when they are gone."""

import os
import wave
from array import array
from datetime import timedelta
from pathlib import Path

import pytest

from outdial.adapters.media.g711 import FRAME, RATE
from outdial.adapters.media.recording import (
    LEFT,
    RIGHT,
    Recorder,
    RecordingUnreadable,
    read_recording,
    remove_old,
)
from outdial.adapters.media.sounds import SoundUnusable, read_wav, tone, write_wav

TONE = tone(400.0, seconds=0.02)


def recorded(folder: Path, secret: str | None, *, seconds: float = 3.0) -> Path:
    """Left speaks throughout, right in the second second only."""
    recorder = Recorder(folder, "call", secret)
    for n in range(int(seconds * 50)):
        at = n * FRAME
        recorder.hear(LEFT, TONE, 1000 + at, at)
        if RATE <= at < 2 * RATE:
            recorder.hear(RIGHT, TONE, 77 + at, at)
    assert recorder.close() == seconds
    return recorder.path


def sides(wav: bytes, folder: Path) -> tuple["array[int]", "array[int]"]:
    path = folder / "out.wav"
    path.write_bytes(wav)
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getframerate(), file.getsampwidth()) == (2, RATE, 2)
        samples = array("h", file.readframes(file.getnframes()))
    return samples[0::2], samples[1::2]


@pytest.mark.parametrize("secret", [None, "a key"])
def test_each_side_is_in_its_place(tmp_path: Path, secret: str | None) -> None:
    path = recorded(tmp_path, secret)
    left, right = sides(read_recording(path, secret), tmp_path)
    assert len(left) == len(right) == 3 * RATE
    assert max(map(abs, left[-FRAME:])) > 3000
    loud = [max(map(abs, right[n * RATE : (n + 1) * RATE])) > 3000 for n in range(3)]
    assert loud == [False, True, False]
    assert path.stat().st_mode & 0o077 == 0, "nobody else may hear it"


def test_what_was_said_cannot_be_found_in_an_encrypted_recording(tmp_path: Path) -> None:
    clear = read_recording(recorded(tmp_path, "a key"), "a key")[44:]
    assert clear[:64] not in (tmp_path / "call.wav.enc").read_bytes()


def test_another_key_or_none_reads_nothing(tmp_path: Path) -> None:
    path = recorded(tmp_path, "a key")
    for secret in ("another", None):
        with pytest.raises(RecordingUnreadable):
            read_recording(path, secret)


def test_a_recording_that_was_cut_off_or_changed_is_noticed(tmp_path: Path) -> None:
    path = recorded(tmp_path, "a key")
    data = path.read_bytes()
    for damaged in (data[:-40], data[: len(data) // 2], data[:200] + b"x" + data[201:]):
        path.write_bytes(damaged)
        with pytest.raises(RecordingUnreadable):
            read_recording(path, "a key")


def test_what_comes_late_is_put_where_it_belongs_and_a_clock_that_jumps_is_followed(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, "call", None)
    for n in (0, 2, 1):
        recorder.hear(LEFT, TONE, n * FRAME, n * FRAME)
    recorder.hear(LEFT, TONE, 1_000_000, RATE)
    assert recorder.close() == pytest.approx(1.0 + FRAME / RATE)
    left, _ = sides(read_recording(recorder.path, None), tmp_path)
    assert all(max(map(abs, left[n * FRAME : (n + 1) * FRAME])) > 3000 for n in (0, 1, 2))
    assert max(map(abs, left[3 * FRAME : RATE])) == 0
    assert max(map(abs, left[RATE:])) > 3000


def test_recordings_are_gone_after_their_time_and_nothing_else_is(tmp_path: Path) -> None:
    for name, age in (("old.wav", 40), ("old.wav.enc", 40), ("new.wav", 1), ("note.txt", 40)):
        path = tmp_path / name
        path.write_bytes(b"")
        os.utime(path, (1_000_000 - age * 86_400,) * 2)
    assert remove_old(tmp_path, timedelta(days=30), 1_000_000) == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new.wav", "note.txt"]


def test_sound_files_are_checked_before_they_are_played(tmp_path: Path) -> None:
    good = tmp_path / "good.wav"
    write_wav(good, [0, 1000, -1000, 0])
    assert len(read_wav(good)) == 4
    (tmp_path / "bad.wav").write_bytes(b"no")
    with wave.open(str(tmp_path / "stereo.wav"), "wb") as file:
        file.setparams((2, 2, 44100, 0, "NONE", ""))
    for name, why in (("bad.wav", "cannot be played"), ("stereo.wav", "44100 Hz"), ("none.wav", "cannot be played")):
        with pytest.raises(SoundUnusable, match=why):
            read_wav(tmp_path / name)
