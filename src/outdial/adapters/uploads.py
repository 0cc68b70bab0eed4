"""The bytes of uploaded files in a folder, and files as the importer reads them."""

import asyncio
import contextlib
import hashlib
import os
import secrets
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO, Final

from outdial.domain.readings import Encoding
from outdial.ports.uploads import Arrived, Incoming, Kept, TextSource

_CODECS: Final = {Encoding.UTF_8: "utf-8-sig", Encoding.UTF_16: "utf-16", Encoding.WINDOWS_1252: "cp1252"}


def text_of(path: Path) -> TextSource:
    """A file as it is imported: lines with their line ends, a byte order mark left out."""

    def opened(encoding: Encoding) -> AbstractContextManager[Iterator[str]]:
        return path.open(encoding=_CODECS[encoding], newline="")

    return opened


class _ReceivedFile:
    """A part-file that grows as bytes come, and is renamed when it is whole."""

    def __init__(self, file: BinaryIO, part: Path, target: Path) -> None:
        self._file, self._part, self._target = file, part, target
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
        await asyncio.to_thread(self._write, data)

    def _write(self, data: bytes) -> None:
        self._md5.update(data)
        self._file.write(data)

    async def keep(self) -> None:
        await asyncio.to_thread(self._keep)

    def _keep(self) -> None:
        self._file.flush()
        os.fsync(self._file.fileno())
        self._part.replace(self._target)


class UploadFolder:
    """Uploaded files in one folder that only this user may read: they hold people's names and numbers."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextlib.asynccontextmanager
    async def receive(self, name: str) -> AsyncIterator[Incoming]:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Two may send to the same address at once: each has a part of its own, and the first that is whole wins.
        part = self._folder / f"{name}.{secrets.token_hex(4)}.part"
        with open(part, "xb", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:  # noqa: ASYNC230
            try:
                yield _ReceivedFile(file, part, self._folder / name)
            finally:
                part.unlink(missing_ok=True)

    def address(self, name: str, *, size: int | None, lifetime: timedelta) -> None:
        return None

    async def arrived(self, name: str) -> Arrived | None:
        return await asyncio.to_thread(_arrived, self._folder / name)

    @contextlib.asynccontextmanager
    async def text(self, name: str, tag: str | None) -> AsyncIterator[TextSource]:
        yield text_of(self._folder / name)

    async def remove(self, name: str) -> None:
        await asyncio.to_thread((self._folder / name).unlink, missing_ok=True)

    async def kept(self) -> Sequence[Kept]:
        return await asyncio.to_thread(_kept, self._folder)


def _arrived(path: Path) -> Arrived | None:
    try:
        with path.open("rb") as file:
            md5 = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
            return Arrived(file.tell(), md5, None)
    except FileNotFoundError:
        return None


def _kept(folder: Path) -> list[Kept]:
    found = []
    for path in folder.glob("*"):
        # Others may remove what was just seen.
        with contextlib.suppress(FileNotFoundError):
            found.append(Kept(path.name, datetime.fromtimestamp(path.stat().st_mtime, UTC)))
    return found
