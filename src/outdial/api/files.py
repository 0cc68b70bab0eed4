"""Files on their way into lists: what a client says of them, where they arrive."""

import contextlib
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field, StringConstraints
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from outdial.api.describe import Raw, described
from outdial.api.hal import url
from outdial.api.problems import Refused
from outdial.api.services import services_of
from outdial.api.shapes import Shape, all_of
from outdial.app import dnc, uploads
from outdial.app.importer import Importer
from outdial.app.uploads import Awaited
from outdial.domain.errors import FieldProblem, Invalid, Unavailable
from outdial.domain.record_lists import (
    AddressRefused,
    FileDiffers,
    FileFacts,
    ListFileTooLarge,
    ListKind,
    TooManyUploads,
    UploadFileTooLarge,
)

router = APIRouter(tags=["Record lists"])


def importer_of(request: Request) -> Importer:
    """Who reads files in this process. Raises `Unavailable`."""
    importer: Importer | None = getattr(request.app.state, "importer", None)
    if importer is None:
        raise Unavailable("this server does not read files at the moment")
    return importer


def signed_url_of(request: Request, awaited: Awaited) -> str:
    """Where the file is to be sent: to the store of the bytes, or here."""
    return awaited.address or url(request, f"/uploads/{awaited.token}")


class FileIn(Shape):
    filename: Annotated[str, StringConstraints(min_length=1, max_length=35)] | None = None
    # No upper bound here: a file that is too large has an answer of its own.
    byte_size: Annotated[int, Field(ge=1)] | None = None
    checksum: Annotated[str, StringConstraints(min_length=1, max_length=32)] | None = None
    content_type: Annotated[str, StringConstraints(min_length=1, max_length=35)] | None = None

    def facts(self) -> FileFacts:
        return FileFacts(self.filename, self.byte_size, self.checksum, self.content_type)


def check_says_uploaded(body: object) -> None:
    """A patch, as one operation or an array of one, that sets the status to UPLOADED. Raises `Invalid`."""
    operations = body if isinstance(body, list) else [body]
    if len(operations) != 1 or not isinstance(operations[0], dict):
        raise Invalid("Invalid input", [FieldProblem("body", "must be one operation, or an array of one")])
    wanted = {"op": ("replace",), "path": ("/status", "status"), "value": ("uploaded",)}
    problems = []
    for name, right in wanted.items():
        given = operations[0].get(name)
        if given is None:
            problems.append(FieldProblem(name, "is required"))
        elif not isinstance(given, str) or given.lower() not in right:
            problems.append(FieldProblem(name, f"must be {right[0].upper() if name == 'value' else right[0]}"))
    all_of(problems)


@router.put("/uploads/{token}", summary="Send a file to its signed address")
@described(
    body=Raw("text/csv"),
    refuses=((403, AddressRefused.code), FileDiffers),
)
async def receive_file(request: Request, token: str) -> Response:
    services = services_of(request)
    length = request.headers.get("content-length", "")
    announced = int(length) if length.isascii() and length.isdigit() and len(length) < 19 else None
    try:
        account, upload = await uploads.receive(
            token,
            request.stream(),
            announced=announced,
            storage=services.storage,
            clock=services.wall,
            files=services.uploads,
        )
    except AddressRefused as error:
        # What is still on its way is not read.
        raise Refused(error.code, str(error), status=403, headers={"Connection": "close"}) from None
    except (ListFileTooLarge, UploadFileTooLarge) as error:
        raise Refused("body-too-large", str(error), headers={"Connection": "close"}) from None
    except ClientDisconnect:
        raise Invalid("the file ended early") from None
    if upload.into is ListKind.DNC:
        # No request of the compatible API says that such a file is complete: it is when it is here. What keeps it from
        # being read now does not concern who sent it.
        with contextlib.suppress(Unavailable, TooManyUploads):
            await dnc.begin_file(
                account,
                upload,
                storage=services.storage,
                clock=services.wall,
                files=services.uploads,
                importer=importer_of(request),
            )
    return Response(status_code=200)
