"""The company's own sign-in, as the use cases ask it."""

from dataclasses import dataclass
from typing import Protocol

from outdial.domain.openid import Claims


@dataclass(frozen=True, slots=True)
class Journey:
    """Somebody's way there and back. All of it is random, kept by their browser and by nobody else.

    Attributes:
        state: comes back with them: only who left from here may come back here.
        nonce: is in the ID token: it was made for this journey.
        verifier: is shown with the code: nobody else can use that (RFC 7636).
    """

    state: str
    nonce: str
    verifier: str


class OpenIdProvider(Protocol):
    @property
    def name(self) -> str:
        """What people call it."""
        ...

    @property
    def issuer(self) -> str:
        """What it calls itself."""
        ...

    async def address(self, journey: Journey, *, back: str) -> str:
        """Where the browser goes to sign in; it comes back to `back`. Raises `OpenIdAway`."""
        ...

    async def claims(self, code: str, journey: Journey, *, back: str) -> Claims:
        """Whom the code of a journey is about, checked in every way.

        Raises:
            OpenIdFailed: the code or the ID token is not good.
            OpenIdAway: it does not answer as it should.
        """
        ...
