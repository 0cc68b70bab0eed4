"""Files on their way to the server: measured once, then read in pieces, so that no size is too large for memory."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

PIECE: Final = 256 * 1024
"""Bytes that are read at once."""
LONGEST_NAME: Final = 35
"""Characters of a file's name that the API takes."""

OnProgress = Callable[[int, int], None]
"""Called with the bytes handed on so far and the bytes there are."""


def nobody(_sent: int, _total: int) -> None:
    """Nobody wants to know how far it is."""


@dataclass(frozen=True, slots=True)
class CsvFile:
    """A file as the API wants it described: `size` in bytes, `md5` in hexadecimal."""

    path: Path
    size: int
    md5: str

    @classmethod
    def at(cls, path: Path) -> Self:
        """Measure a file; reads all of it once. Raises `OSError`."""
        digest = hashlib.md5(usedforsecurity=False)
        size = 0
        with path.open("rb") as file:
            while piece := file.read(PIECE):
                digest.update(piece)
                size += len(piece)
        return cls(path, size, digest.hexdigest())

    def metadata(self) -> dict[str, object]:
        """The `csv_metadata` of a request; of a long name the end is kept, where the kind of file is told."""
        return {
            "filename": self.path.name[-LONGEST_NAME:],
            "byte_size": self.size,
            "checksum": self.md5,
            "content_type": "text/csv",
        }

    def pieces(self, progress: OnProgress) -> Iterator[bytes]:
        """The content, from its beginning."""
        sent = 0
        with self.path.open("rb") as file:
            while piece := file.read(PIECE):
                yield piece
                sent += len(piece)
                progress(sent, self.size)
