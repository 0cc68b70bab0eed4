"""`outdial recordings`: what was recorded of calls over SIP, readable again where a key encrypts it."""

from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from outdial import bootstrap
from outdial.adapters.media.recording import ENCRYPTED, PLAIN, read_recording
from outdial.cli.output import JsonOption, print_object
from outdial.domain.errors import NotFound

app = typer.Typer(help="Recordings of calls: stereo WAV, the callee on the left, the agent on the right.")


class RecordingNotFound(NotFound):
    code = "recording-not-found"

    def __init__(self, attempt: UUID) -> None:
        super().__init__(f"there is no recording of attempt {attempt}: it was not recorded, or its time is over")
        self.attempt = attempt


@app.callback()
def recordings() -> None:
    """Recordings of calls."""


@app.command()
def export(
    attempt: Annotated[UUID, typer.Argument(help="The attempt's id.")],
    out: Annotated[Path, typer.Option(dir_okay=False, help="The WAV file to write; none is replaced.")],
    as_json: JsonOption = False,
) -> None:
    """Write the recording of an attempt as a WAV file; OUTDIAL_SECRET_KEY is the key it was encrypted with."""
    settings = bootstrap.read_settings()
    secret = None if settings.secret_key is None else settings.secret_key.get_secret_value()
    found = [settings.recordings / f"{attempt}{ending}" for ending in (ENCRYPTED, PLAIN)]
    path = next((one for one in found if one.exists()), None)
    if path is None:
        raise RecordingNotFound(attempt)
    data = read_recording(path, secret)
    with out.open("xb") as file:
        file.write(data)
    print_object({"attempt": str(attempt), "file": str(out), "bytes": len(data)}, as_json=as_json)
