"""sipp (Debian: sip-tester) as the other side: a scenario of steps, run by a process of its own on this machine."""

import asyncio
import contextlib
import itertools
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest

SCENARIOS: Final = Path(__file__).parent / "scenarios"

SDP: Final = """v=0
o=- 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [media_ip]
t=0 0
m=audio [media_port] RTP/AVP 0 101
a=rtpmap:0 PCMU/8000
a=rtpmap:101 telephone-event/8000
a={direction}
"""

# Processes that test side by side have neighbouring numbers: they begin far from each other.
_ports: Iterator[int] = itertools.count(os.getpid() * 131)
_TRIES: Final = 5
_ranges: Iterator[int] = itertools.count(os.getpid() * 7)


def free_port() -> int:
    """A UDP port of this machine that is free, and whose next two are."""
    for port in _ports:
        port = 20_000 + (port * 4) % 12_000
        try:
            with contextlib.ExitStack() as holding:
                for one in (port, port + 1, port + 2, port + 3):
                    holding.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)).bind(("127.0.0.1", one))
        except OSError:
            continue
        return port
    raise AssertionError("unreachable")


# Steps --------------------------------------------------------------------------------------------------------------


def receive(what: str | int, *actions: str, rest: str = "") -> str:
    """Wait for a request by its method, or for a response by its code."""
    kind = f'response="{what}"' if isinstance(what, int) else f'request="{what}"'
    return f"<recv {kind} {rest}><action>{''.join(actions)}</action></recv>" if actions else f"<recv {kind} {rest}/>"


def answer(
    status: str, *headers: str, sdp: str | None = None, cseq: str = "[last_CSeq:]", to: str | None = None
) -> str:
    """Respond to the last request, or with `cseq` to the one it names."""
    lines = [
        f"SIP/2.0 {status}",
        "[last_Via:]",
        "[last_From:]",
        "[last_To:]" + ("" if status.startswith("100") else ";tag=[call_number]"),
        "[last_Call-ID:]",
        cseq,
        *headers,
    ]
    return _message(lines, sdp)


def answer_inside(status: str, *headers: str, sdp: str | None = None) -> str:
    """Respond inside the dialog, where the tag is there already."""
    return _message(
        [f"SIP/2.0 {status}", "[last_Via:]", "[last_From:]", "[last_To:]", "[last_Call-ID:]", "[last_CSeq:]", *headers],
        sdp,
    )


REMEMBER: Final = (
    '<ereg regexp=".*" search_in="hdr" header="From:" assign_to="from"/>'
    '<ereg regexp=".*" search_in="hdr" header="To:" assign_to="to"/>'
    '<ereg regexp=".*" search_in="hdr" header="Via:" assign_to="via"/>'
    '<ereg regexp="sip:[^&gt;]*" search_in="hdr" header="Contact:" assign_to="contact"/>'
    '<ereg regexp="[0-9]+" search_in="hdr" header="CSeq:" assign_to="cseq"/>'
)
"""What an INVITE has to be remembered by, to ask something inside its dialog later."""


def ask(method: str, sequence: int, *headers: str, sdp: str | None = None) -> str:
    """Ask for something inside the dialog whose INVITE was remembered."""
    lines = [
        f"{method} [$contact] SIP/2.0",
        "Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch]",
        "Max-Forwards: 70",
        "From: [$to];tag=[call_number]",
        "To: [$from]",
        "[last_Call-ID:]",
        f"CSeq: {sequence} {method}",
        "Contact: <sip:peer@[local_ip]:[local_port]>",
        *headers,
    ]
    return _message(lines, sdp)


def pause(milliseconds: int) -> str:
    return f'<pause milliseconds="{milliseconds}"/>'


CONTACT: Final = "Contact: <sip:peer@[local_ip]:[local_port]>"


def described(direction: str = "sendrecv") -> str:
    return SDP.format(direction=direction)


def _message(lines: Sequence[str], sdp: str | None) -> str:
    if sdp is not None:
        lines = [*lines, "Content-Type: application/sdp", "Content-Length: [len]", "", *sdp.splitlines()]
    else:
        lines = [*lines, "Content-Length: 0", ""]
    body = "\n".join(lines)
    return f"<send><![CDATA[\n{body}\n]]></send>"


# The process --------------------------------------------------------------------------------------------------------


@dataclass
class Sipp:
    """A running sipp."""

    port: int
    sound: int
    """The first port of its RTP."""
    folder: Path
    process: "subprocess.Popen[bytes]" = field(repr=False)

    @property
    def address(self) -> tuple[str, int]:
        return "127.0.0.1", self.port

    async def done(self) -> None:
        """Wait until the scenario is through as often as was asked for; what went wrong is the error."""
        code = await asyncio.to_thread(self.process.wait, 30)
        if code != 0:
            raise AssertionError(f"sipp ended with {code}: {self.errors()}")

    def errors(self) -> str:
        """What it complained of so far."""
        return "\n".join(file.read_text("utf-8", "replace") for file in self.folder.glob("*errors*.log"))[-3000:]


@contextlib.contextmanager
def sipp(
    folder: Path,
    *steps: str,
    scenario: Path | None = None,
    calls: int | None = 1,
    options: Sequence[str] = (),
    at: int | None = None,
) -> Iterator[Sipp]:
    """Run sipp with these steps, or a scenario file, for so many calls; stopped at the end of the block.

    It takes a port of its own choice, or the port `at`.
    """
    program = shutil.which("sipp")
    assert program is not None, "sipp is missing: tools/test-packages.sh installs it (Debian: sip-tester)"
    patience: tuple[str, ...] = ()
    if scenario is None:
        patience = ("-recv_timeout", "10000")  # scenarios from files have their own, which this would cut short
        scenario = folder / "scenario.xml"
        known = [name for name in ("from", "to", "via", "contact", "cseq") if f'assign_to="{name}"' in "".join(steps)]
        references = f'<Reference variables="{",".join(known)}"/>' if known else ""
        scenario.write_text(f'<?xml version="1.0"?><scenario name="s">{"".join(steps)}{references}</scenario>', "utf-8")
    with (folder / "screen.txt").open("wb") as screen:
        for _ in range(_TRIES):
            # Its RTP is far from the ports of signalling, and apart for those that run side by side: a port a call.
            port, sound = at or free_port(), 10_000 + next(_ranges) % 20 * 500
            arguments = [
                program,
                *("-sf", str(scenario)),
                *("-i", "127.0.0.1", "-p", str(port), "-mi", "127.0.0.1", "-mp", str(sound)),
                *("-ci", "127.0.0.1", "-cp", str(port + 1)),
                *("-trace_err", "-nostdin", "-nd"),
                *patience,
                *(("-m", str(calls)) if calls is not None else ()),
                *options,
            ]
            process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=screen, stderr=screen, cwd=folder)
            if _listens(process, port):
                break
        else:
            raise AssertionError(
                f"sipp does not start: {(folder / 'screen.txt').read_text('utf-8', 'replace')[-1000:]}"
            )
        try:
            yield Sipp(port, sound, folder, process)
        finally:
            if process.poll() is None:
                process.kill()  # asked politely, it waits for its calls
            process.wait()


def _listens(process: "subprocess.Popen[bytes]", port: int) -> bool:
    """Wait until the port is taken, which a free one is not; false if sipp ended, as when somebody else was faster."""
    while process.poll() is None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as trial:
            try:
                trial.bind(("127.0.0.1", port))
            except OSError:
                time.sleep(0.02)  # if it was somebody else's, ours is about to find out
                return process.poll() is None
        time.sleep(0.01)
    return False


needs_sipp = pytest.mark.skipif(
    shutil.which("sipp") is None and os.environ.get("CI") != "true", reason="sipp is missing (Debian: sip-tester)"
)
"""Left out where sipp is not there, and nobody may install it; in CI it has to be."""
