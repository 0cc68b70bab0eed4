"""What people let programs do in their name (RFC 6749, authorization code and refresh token)."""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from outdial.domain.access import Role, Scope
from outdial.domain.errors import Invalid
from outdial.domain.values import UserId

CODE_LIFETIME: Final = timedelta(minutes=1)
REFRESH_LIFETIME: Final = timedelta(days=30)
"""After the last use: each use brings another token, and ends the one before."""
MOST_REDIRECTS: Final = 10


class GrantRefused(Invalid):
    """The code or the refresh token is unknown, used, out of date, another client's, or its person may no longer."""

    code = "grant-refused"


class RefreshTokenMissing(Invalid):
    code = "refresh-token-missing"


class RedirectRefused(Invalid):
    """Nobody is sent there: the client is unknown, or did not register that address."""

    code = "redirect-refused"


@dataclass(frozen=True, slots=True)
class Grant:
    """A person's word for a program.

    Attributes:
        role: what the person is now; None for one who may no longer sign in.
        challenge: what the program has to show the origin of (RFC 7636, S256).
    """

    id: UUID
    client_id: str
    user: UserId
    role: Role | None
    scopes: tuple[Scope, ...]
    redirect_uri: str
    challenge: str | None
    expires_at: datetime


def answers(challenge: str | None, verifier: str | None) -> bool:
    """Whether a verifier is the one that a challenge was made of; without a challenge none may come.

    Source:
        RFC 7636 section 4.6.
    """
    if challenge is None or verifier is None:
        return challenge is None and verifier is None
    made = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode("utf-8", "surrogatepass")).digest()).rstrip(b"=")
    return hmac.compare_digest(made, challenge.encode("utf-8", "surrogatepass"))


def redirect_problem(uri: str) -> str | None:
    """What keeps an address from being registered, if anything does."""
    scheme, _, rest = uri.partition("://")
    if not uri.isascii() or not uri.isprintable() or " " in uri or "#" in uri or not rest:
        return "must be an absolute address without a fragment"
    host = rest.partition("/")[0].partition("?")[0]
    loopback = host.partition(":")[0] in ("localhost", "127.0.0.1") or host.startswith("[::1]")
    if scheme != "https" and not (scheme == "http" and loopback):
        return "must begin with https://, or with http:// on this machine"
    return None
