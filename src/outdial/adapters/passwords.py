"""Passwords as Argon2id hashes, made beside the event loop."""

import asyncio
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_AT_ONCE: Final = 2
"""Each takes 64 MiB and a core for a while: more at once would let strangers stop the server."""


class Argon2Passwords:
    """Implements `outdial.ports.logins.PasswordHasher` with the library's parameters, those of RFC 9106 section 4."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._room = asyncio.Semaphore(_AT_ONCE)
        self._nobodys: str | None = None

    async def hash(self, password: str) -> str:
        async with self._room:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def matches(self, stored: str | None, password: str) -> bool:
        if stored is None:
            self._nobodys = self._nobodys or await self.hash("nobody's password")
            await self._verify(self._nobodys, password)
            return False
        return await self._verify(stored, password)

    def is_old(self, stored: str) -> bool:
        return self._hasher.check_needs_rehash(stored)

    async def _verify(self, stored: str, password: str) -> bool:
        async with self._room:
            try:
                return await asyncio.to_thread(self._hasher.verify, stored, password)
            except (VerificationError, InvalidHashError):
                return False
