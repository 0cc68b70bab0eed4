"""Recordings of calls: stereo WAV, the callee on the left; encrypted where a key is set, and gone after their time.

An encrypted recording is a row of blocks, each AES-256-GCM with its number in the nonce and whether it is the last in
what is authenticated: blocks that are missing, exchanged or cut off at the end are noticed.
"""

import secrets
import struct
from array import array
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from outdial.adapters.media.g711 import ALAW_TO_ULAW, RATE, SILENCE, little_endian, samples_of
from outdial.domain.errors import Invalid

LEFT: Final = 0
"""What the callee says."""
RIGHT: Final = 1
"""What the callee hears: the agent, or a prompt."""

PLAIN: Final = ".wav"
ENCRYPTED: Final = ".wav.enc"

_MAGIC: Final = b"OUTDIALREC1\n"
_SALT: Final = 16
_HEADER: Final = 44
_BLOCK: Final = RATE
"""Samples that are written at a time: a second."""
_DRIFT: Final = RATE // 5
"""Samples by which a sender's clock may differ from ours before it is put right."""


class RecordingUnreadable(Invalid):
    """It was encrypted with another key, or is damaged."""

    code = "recording-unreadable"


class Recorder:
    """Writes what two sides say, each at the place of its time stamps. `at` is in samples since the beginning."""

    def __init__(self, folder: Path, name: str, secret: str | None) -> None:
        self.path = folder / (name + (PLAIN if secret is None else ENCRYPTED))
        self._sides = (bytearray(), bytearray())
        self._anchors: list[tuple[int, int] | None] = [None, None]
        self._written = 0
        self._file: BinaryIO = self.path.open("xb")
        self.path.chmod(0o600)
        self._cipher: AESGCM | None = None
        self._blocks = 0
        if secret is not None:
            salt = secrets.token_bytes(_SALT)
            self._cipher = AESGCM(_key(secret, salt))
            self._file.write(_MAGIC + salt)
        else:
            self._file.write(_wav_header(0))

    def hear(self, side: int, payload: bytes, stamp: int, now: int, *, alaw: bool = False) -> None:
        """Take in what one side said.

        Args:
            stamp: of the packet, in the sender's samples.
            now: samples since the recording began, by our clock.
        """
        if alaw:
            payload = payload.translate(ALAW_TO_ULAW)
        anchor = self._anchors[side]
        place = now if anchor is None else anchor[1] + ((stamp - anchor[0] + 2**31) % 2**32 - 2**31)
        if anchor is None or abs(place - now) > _DRIFT:
            place = now
            self._anchors[side] = (stamp, now)
        start = place - self._written
        if start < 0:
            payload, start = payload[-start:], 0
        row = self._sides[side]
        if len(row) < start:
            row += SILENCE * (start - len(row))
        row[start : start + len(payload)] = payload
        # Half a second is left for what comes late.
        while max(map(len, self._sides)) >= _BLOCK + RATE // 2:
            self._write(_BLOCK)

    def close(self) -> float:
        """Write the rest; the length in seconds."""
        self._write(max(map(len, self._sides)), last=True)
        self._file.close()
        return self._written / RATE

    def _write(self, count: int, *, last: bool = False) -> None:
        both = array("h", bytes(4 * count))
        for side, row in enumerate(self._sides):
            both[side::2] = samples_of(bytes(row[:count]).ljust(count, SILENCE))
            del row[:count]
        self._written += count
        data = little_endian(both)
        if self._cipher is not None:
            sealed = self._cipher.encrypt(struct.pack(">xxxxQ", self._blocks), data, b"last" if last else b"")
            self._blocks += 1
            self._file.write(struct.pack(">?I", last, len(sealed)) + sealed)
        else:
            self._file.write(data)
            # The header is right after every block: a recording that is cut off can still be played.
            self._file.seek(0)
            self._file.write(_wav_header(self._written))
            self._file.seek(0, 2)


def read_recording(path: Path, secret: str | None) -> bytes:
    """A recording as a WAV file's bytes.

    Raises:
        RecordingUnreadable: the key is missing or another one, or the file is damaged.
    """
    data = path.read_bytes()
    if not data.startswith(_MAGIC):
        return data
    if secret is None:
        raise RecordingUnreadable(f"{path} is encrypted: set OUTDIAL_SECRET_KEY to the key it was made with")
    at = len(_MAGIC) + _SALT
    cipher = AESGCM(_key(secret, data[len(_MAGIC) : at]))
    samples, number, last = bytearray(), 0, False
    try:
        while not last:
            last, length = struct.unpack_from(">?I", data, at)
            at += 5
            sealed = data[at : at + length]
            samples += cipher.decrypt(struct.pack(">xxxxQ", number), sealed, b"last" if last else b"")
            at, number = at + length, number + 1
    except (InvalidTag, struct.error) as error:
        raise RecordingUnreadable(f"{path} was encrypted with another key, or is damaged") from error
    return _wav_header(len(samples) // 4) + bytes(samples)


def remove_old(folder: Path, older_than: timedelta, now: float) -> int:
    """Delete recordings whose time is over; how many. `now` in seconds since 1970, as files' times are."""
    removed = 0
    for path in folder.glob("*"):
        if path.name.endswith((PLAIN, ENCRYPTED)) and path.stat().st_mtime < now - older_than.total_seconds():
            path.unlink(missing_ok=True)
            removed += 1
    return removed


def _key(secret: str, salt: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt, b"outdial recording").derive(secret.encode())


def _wav_header(frames: int) -> bytes:
    """Of two channels with 16 bits at 8 kHz."""
    size = frames * 4
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 2, RATE, RATE * 4, 4, 16)
    header = struct.pack("<4sI4s", b"RIFF", size + _HEADER - 8, b"WAVE") + form + struct.pack("<4sI", b"data", size)
    assert len(header) == _HEADER
    return header
