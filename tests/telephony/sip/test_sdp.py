"""Descriptions as carriers and phones write them, and what we make of them."""

import pytest

from outdial.adapters.telephony.sip.sdp import (
    BOTH,
    BadDescription,
    Codec,
    Media,
    NoCommonCodec,
    describe,
    read,
    turned,
)


def sdp(*lines: str) -> bytes:
    return ("\r\n".join(("v=0", "o=- 1 1 IN IP4 192.0.2.1", "s=-", *lines)) + "\r\n").encode()


def test_what_we_describe_can_be_read() -> None:
    body = describe("192.0.2.7", 4000, codecs=BOTH, session=5, direction="sendonly")
    assert read(body, BOTH) == Media("192.0.2.7", 4000, Codec.PCMU, 101, "sendonly")


def test_the_far_sides_order_of_codecs_decides() -> None:
    body = sdp("c=IN IP4 192.0.2.1", "t=0 0", "m=audio 4000 RTP/AVP 18 8 0 96", "a=rtpmap:96 telephone-event/8000")
    assert read(body, BOTH) == Media("192.0.2.1", 4000, Codec.PCMA, 96)
    assert read(body, [Codec.PCMU]).codec is Codec.PCMU


def test_the_streams_own_address_counts_and_further_streams_do_not() -> None:
    lines = ["c=IN IP4 192.0.2.1", "t=0 0", "m=audio 4000 RTP/AVP 0", "c=IN IP4 192.0.2.2", "m=video 5000 RTP/AVP 31"]
    assert read(sdp(*lines, "c=IN IP4 192.0.2.3"), BOTH).host == "192.0.2.2"


def test_a_dynamic_type_with_a_known_name_is_known() -> None:
    body = sdp("c=IN IP4 192.0.2.1", "t=0 0", "m=audio 4000 RTP/AVP 97 0", "a=rtpmap:97 pcmu/16000")
    assert read(body, BOTH).codec is Codec.PCMU


@pytest.mark.parametrize("old_way", [True, False])
def test_hold_is_understood_in_the_old_way_and_the_new(old_way: bool) -> None:
    address = "0.0.0.0" if old_way else "192.0.2.1"
    body = sdp(f"c=IN IP4 {address}", "t=0 0", "m=audio 4000 RTP/AVP 0", "a=sendrecv" if old_way else "a=sendonly")
    assert read(body, BOTH).held
    assert turned("sendonly") == "recvonly"


def test_a_codec_mismatch_names_both_sides() -> None:
    body = sdp("c=IN IP4 192.0.2.1", "t=0 0", "m=audio 4000 RTP/AVP 18 96", "a=rtpmap:96 opus/48000/2")
    with pytest.raises(NoCommonCodec, match="we speak PCMU, PCMA, the far side G729, opus/48000"):
        read(body, BOTH)


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"v=0\r\n", sdp("m=audio x RTP/AVP 0"), sdp("m=audio 1 RTP/AVP 0")])
def test_nonsense_is_an_error_of_its_own(body: bytes) -> None:
    with pytest.raises(BadDescription):
        read(body, BOTH)


def test_a_refused_stream_is_a_mismatch() -> None:
    with pytest.raises(NoCommonCodec):
        read(sdp("c=IN IP4 192.0.2.1", "m=audio 0 RTP/AVP 0"), BOTH)
