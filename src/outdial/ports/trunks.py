"""Trunks, as the use cases and the engine need them kept: they belong to the installation, and not to an account."""

from collections.abc import Collection, Sequence
from typing import Protocol

from outdial.domain.trunks import Trunk, TrunkId
from outdial.ports.carrier import WayOut


class TrunkStore(Protocol):
    """The installation's trunks, seen from an account: any but the operator's has none."""

    async def all(self) -> Sequence[Trunk]:
        """In the order of the engine's file; those that are not in it any more come last."""
        ...

    async def get(self, trunk_id: TrunkId, *, lock: bool = False) -> Trunk:
        """One trunk; with `lock`, nobody else drains it until this unit of work ends.

        Raises:
            TrunkNotFound: there is none of this id.
        """
        ...

    async def put_drained(self, trunk_id: TrunkId, drained: bool) -> None:
        """Store whether a trunk is to get no calls."""
        ...


class TrunkWatch(Protocol):
    """What the engine that dials has to do with them."""

    async def tell(self, ways: Sequence[WayOut]) -> Collection[str]:
        """Write down how the carrier's ways are; the names of those that are to get no calls.

        Ways that are not told of are forgotten, unless they are to get none.
        """
        ...
