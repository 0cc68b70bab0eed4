"""Everything Outdial refuses on purpose, in families that the edge turns into answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One wrong member of an input: its dotted path, and what would have been right."""

    name: str
    description: str


class OutdialError(Exception):
    """Raised on purpose. `code` is part of the API: never renamed, never reused."""

    code: ClassVar[str] = "outdial"


class Invalid(OutdialError):
    """The input is wrong; `fields` names every wrong member."""

    code = "invalid"

    def __init__(self, message: str, fields: Sequence[FieldProblem] = ()) -> None:
        super().__init__(message)
        self.fields = tuple(fields)


class NotSignedIn(OutdialError):
    """Whoever asks has not shown who they are."""

    code = "not-signed-in"


class NotFound(OutdialError):
    """No such thing in this account."""

    code = "not-found"


class Conflict(OutdialError):
    """Another state or another writer stands in the way."""

    code = "conflict"


class NotPossible(OutdialError):
    """The request is sound; this resource cannot do it as it stands."""

    code = "not-possible"


class Unavailable(OutdialError):
    """Something Outdial depends on does not answer; trying again later is reasonable."""

    code = "unavailable"
