"""The bytes of uploaded files in an S3-compatible store, to which clients send them by themselves.

botocore signs and talks, in threads: a file comes now and then. It is an extra of the installation, and loaded only
where a store is set.
"""

import asyncio
import contextlib
import hashlib
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, BinaryIO, Final, ParamSpec, TypeVar

from outdial.adapters.uploads import text_of
from outdial.domain.errors import Invalid, Unavailable
from outdial.domain.readings import Encoding
from outdial.domain.record_lists import LARGEST_FIRST_FILE
from outdial.ports.uploads import Arrived, Incoming, Kept, TextSource

P = ParamSpec("P")
T = TypeVar("T")

_PIECE: Final = 1024 * 1024
_GONE: Final = ("404", "412", "NoSuchKey", "NotFound", "PreconditionFailed")
"""How stores say that there is no such file, or no longer this version of it."""


class UploadStoreMissing(Invalid):
    """A store is set and the library for it is not installed."""

    code = "upload-store-not-installed"


class UploadStoreAway(Unavailable):
    """The store does not answer, or does not let us in; nothing was changed."""

    code = "upload-store-away"


@dataclass(frozen=True, slots=True)
class Bucket:
    """A place in a store.

    Args:
        prefix: before the names of files, with its slash.
        endpoint: of a store other than Amazon's; buckets are then in the path, not in the host's name.
        key_id, secret: with what is signed; without them, whatever botocore finds on this machine.
    """

    name: str
    prefix: str = ""
    endpoint: str | None = None
    region: str = "us-east-1"
    key_id: str | None = None
    secret: str | None = None


class S3Uploads:
    """Files as objects of a bucket; nobody but their sender knows their names."""

    def __init__(self, bucket: Bucket) -> None:
        """Raises `UploadStoreMissing`."""
        try:
            import botocore.session
            from botocore.config import Config
            from botocore.exceptions import BotoCoreError, ClientError
        except ImportError:
            raise UploadStoreMissing("OUTDIAL_UPLOAD_STORE needs botocore: pip install 'outdial[s3]'") from None
        self._bucket, self._client_error, self._errors = bucket, ClientError, (BotoCoreError, ClientError)
        self._client: Any = botocore.session.Session().create_client(
            "s3",
            region_name=bucket.region,
            endpoint_url=bucket.endpoint,
            aws_access_key_id=bucket.key_id,
            aws_secret_access_key=bucket.secret,
            config=Config(
                signature_version="s3v4",
                s3={"addressing_style": "path" if bucket.endpoint else "virtual"},
                connect_timeout=5,
                read_timeout=30,
                retries={"max_attempts": 2, "mode": "standard"},
                # Stores that are not Amazon's do not know its newer checksums.
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        )

    def _at(self, name: str) -> dict[str, str]:
        return {"Bucket": self._bucket.name, "Key": f"{self._bucket.prefix}{name}"}

    @contextlib.contextmanager
    def _away(self) -> Iterator[None]:
        try:
            yield
        except self._errors as error:
            # What it says may hold names of files, which are secrets.
            raise UploadStoreAway(f"the store of uploads does not answer: {type(error).__name__}") from error

    async def _ask(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        with self._away():
            return await asyncio.to_thread(call, *args, **kwargs)

    def address(self, name: str, *, size: int | None, lifetime: timedelta) -> str:
        # A length that is signed is the only one that the store takes.
        length = {} if size is None else {"ContentLength": size}
        with self._away():
            signed: str = self._client.generate_presigned_url(
                "put_object", {**self._at(name), **length}, ExpiresIn=int(lifetime.total_seconds()), HttpMethod="PUT"
            )
        return signed

    @contextlib.asynccontextmanager
    async def receive(self, name: str) -> AsyncIterator[Incoming]:
        with tempfile.TemporaryFile() as file:
            yield _Buffered(file, lambda: self._ask(self._put, name, file))

    def _put(self, name: str, file: BinaryIO) -> None:
        file.seek(0)
        self._client.put_object(**self._at(name), Body=file)

    async def arrived(self, name: str) -> Arrived | None:
        return await self._ask(self._arrived, name)

    def _arrived(self, name: str) -> Arrived | None:
        try:
            found = self._client.get_object(**self._at(name))
        except self._client_error as error:
            if _is_gone(error):
                return None
            raise
        with contextlib.closing(found["Body"]) as body:
            size, md5 = int(found["ContentLength"]), hashlib.md5(usedforsecurity=False)
            # One that is too large for any list is refused for that: it is not read to the end.
            for piece in body.iter_chunks(_PIECE) if size <= LARGEST_FIRST_FILE else ():
                md5.update(piece)
        return Arrived(size, md5.hexdigest(), found["ETag"])

    @contextlib.asynccontextmanager
    async def text(self, name: str, tag: str | None) -> AsyncIterator[TextSource]:
        with tempfile.TemporaryDirectory() as folder:
            here = Path(folder) / "file"
            try:
                await asyncio.to_thread(self._fetch, name, tag, here)
            except self._errors as error:
                if not _is_gone(error):
                    raise UploadStoreAway(f"the store of uploads does not answer: {type(error).__name__}") from error
                yield _gone
            else:
                yield text_of(here)

    def _fetch(self, name: str, tag: str | None, to: Path) -> None:
        version = {} if tag is None else {"IfMatch": tag}
        found = self._client.get_object(**self._at(name), **version)
        with contextlib.closing(found["Body"]) as body, to.open("wb") as file:
            for piece in body.iter_chunks(_PIECE):
                file.write(piece)

    async def remove(self, name: str) -> None:
        await self._ask(self._client.delete_object, **self._at(name))

    async def kept(self) -> Sequence[Kept]:
        return await self._ask(self._kept)

    def _kept(self) -> list[Kept]:
        pages = self._client.get_paginator("list_objects_v2")
        prefix = self._bucket.prefix
        return [
            Kept(one["Key"].removeprefix(prefix), one["LastModified"])
            for page in pages.paginate(Bucket=self._bucket.name, Prefix=prefix)
            for one in page.get("Contents", ())
        ]


def _is_gone(error: Exception) -> bool:
    answer: dict[str, Any] = getattr(error, "response", {})
    return str(answer.get("Error", {}).get("Code")) in _GONE


def _gone(_encoding: Encoding) -> AbstractContextManager[Iterator[str]]:
    raise FileNotFoundError


class _Buffered:
    """A file that came to us all the same: it goes to the store when it is whole."""

    def __init__(self, file: BinaryIO, send: Callable[[], Any]) -> None:
        self._file, self._send = file, send
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._size = 0

    @property
    def size(self) -> int:
        return self._size

    @property
    def md5(self) -> str:
        return self._md5.hexdigest()

    async def write(self, data: bytes) -> None:
        self._size += len(data)
        self._md5.update(data)
        await asyncio.to_thread(self._file.write, data)

    async def keep(self) -> None:
        await self._send()
