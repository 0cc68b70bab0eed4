"""Session descriptions, as far as telephone calls need them: one audio stream, G.711, telephone events.

Source:
    RFC 8866 (SDP), RFC 3264 (offer and answer), RFC 4733 section 2.4 (telephone events).
"""

import enum
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final


class Codec(enum.Enum):
    """What we can speak; the value is its name in SDP. Both are one byte a sample, 8,000 samples a second."""

    PCMU = "PCMU"
    PCMA = "PCMA"

    @property
    def payload_type(self) -> int:
        return 0 if self is Codec.PCMU else 8


BOTH: Final = (Codec.PCMU, Codec.PCMA)
DTMF_PAYLOAD_TYPE: Final = 101

_STATIC: Final = {0: "PCMU", 3: "GSM", 4: "G723", 8: "PCMA", 9: "G722", 15: "G728", 18: "G729"}
_TURNED: Final = {"sendonly": "recvonly", "recvonly": "sendonly", "inactive": "inactive", "sendrecv": "sendrecv"}
_RTPMAP: Final = re.compile(r"rtpmap:(\d+) ([\w.-]+)/(\d+)")


class NoCommonCodec(Exception):
    """The far side speaks nothing that we do; the text names what each of the two speaks."""


class BadDescription(Exception):
    """It cannot be understood."""


@dataclass(frozen=True, slots=True)
class Media:
    """What the far side said: where its audio is to be sent, and how.

    Attributes:
        dtmf: the payload type of telephone events, if it takes them.
        direction: of the far side: `sendonly` means that it does not want to hear us.
    """

    host: str
    port: int
    codec: Codec
    dtmf: int | None
    direction: str = "sendrecv"

    @property
    def held(self) -> bool:
        """Whether we are on hold: it does not listen."""
        return self.direction in ("sendonly", "inactive")


def describe(
    host: str,
    port: int,
    *,
    codecs: Sequence[Codec],
    session: int,
    version: int = 1,
    dtmf: int | None = DTMF_PAYLOAD_TYPE,
    direction: str = "sendrecv",
) -> bytes:
    """Our description: an offer with all that we speak, or an answer with the one codec that was chosen."""
    kinds = [str(codec.payload_type) for codec in codecs]
    maps = [f"a=rtpmap:{codec.payload_type} {codec.value}/8000" for codec in codecs]
    if dtmf is not None:
        kinds.append(str(dtmf))
        maps += [f"a=rtpmap:{dtmf} telephone-event/8000", f"a=fmtp:{dtmf} 0-15"]
    family = "IP6" if ":" in host else "IP4"
    lines = [
        "v=0",
        f"o=- {session} {version} IN {family} {host}",
        "s=-",
        f"c=IN {family} {host}",
        "t=0 0",
        f"m=audio {port} RTP/AVP {' '.join(kinds)}",
        *maps,
        "a=ptime:20",
        f"a={direction}",
    ]
    return ("\r\n".join(lines) + "\r\n").encode()


def turned(direction: str) -> str:
    """The direction to answer with: who only sends is only listened to."""
    return _TURNED.get(direction, "sendrecv")


def read(body: bytes, ours: Sequence[Codec]) -> Media:
    """What a description says, in the first codec of it that we speak.

    Raises:
        NoCommonCodec: there is none.
        BadDescription: it is no description of an audio stream.
    """
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise BadDescription("not UTF-8") from error
    session_host = host = None
    port = 0
    kinds: list[int] = []
    names = dict(_STATIC)
    direction = "sendrecv"
    audio = seen_media = False
    try:
        for line in text.splitlines():
            kind, _, value = line.partition("=")
            if kind == "m":
                audio = not seen_media and value.startswith("audio ")
                if audio:
                    seen_media = True
                    _, where, profile, *offered = value.split()
                    port = int(where.split("/")[0])
                    kinds = [int(one) for one in offered if one.isdigit()] if profile.startswith("RTP/AVP") else []
            elif kind == "c":
                address = value.split()[2].split("/")[0]
                if audio:
                    host = address
                elif not seen_media:
                    session_host = address
            elif kind == "a" and (audio or not seen_media):
                if found := _RTPMAP.match(value):
                    names[int(found[1])] = found[2] if found[3] == "8000" else f"{found[2]}/{found[3]}"
                elif value in _TURNED:
                    direction = value
    except (ValueError, IndexError) as error:
        raise BadDescription("a line of it is damaged") from error
    where_to = host or session_host
    if not seen_media or where_to is None:
        raise BadDescription("it has no audio stream")
    known = {codec.value: codec for codec in ours}
    codec = next((known[names[one].upper()] for one in kinds if names.get(one, "").upper() in known), None)
    if codec is None or port == 0:
        theirs = ", ".join(names.get(one, str(one)) for one in kinds) or "nothing"
        mine = ", ".join(one.value for one in ours)
        raise NoCommonCodec(f"codec mismatch: we speak {mine}, the far side {theirs}")
    dtmf = next((one for one in kinds if names.get(one, "").lower() == "telephone-event"), None)
    if where_to == "0.0.0.0":  # noqa: S104  how hold was said before RFC 3264
        direction = "inactive"
    return Media(where_to, port, codec, dtmf, direction)
