"""Signing in at the company's own place (OpenID Connect): who somebody is to us, by what that place says of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from outdial.domain.access import DEFAULT_ACCOUNT, Role
from outdial.domain.errors import NotSignedIn, Unavailable

LONGEST_SUBJECT: Final = 255
"""OpenID Connect Core 1.0 section 2."""


@dataclass(frozen=True, slots=True)
class Claims:
    """What a checked ID token says. `issuer` and `subject` together name somebody for ever; an address does not."""

    issuer: str
    subject: str
    said: Mapping[str, Any] = field(repr=False)

    @property
    def stored(self) -> str:
        """What is kept of them: another place may have the same subjects."""
        return f"{self.issuer} {self.subject}"

    @property
    def email(self) -> str | None:
        """The address, if that place says that it is really theirs: others may have typed in anybody's."""
        email, verified = self.said.get("email"), self.said.get("email_verified")
        if not isinstance(email, str) or verified not in (True, "true"):
            return None
        return email.strip().lower() or None


@dataclass(frozen=True, slots=True)
class OpenIdRules:
    """Who may sign in that way, and as what.

    Attributes:
        account: whose users they are.
        role_claim: a member of the ID token, with dots into its depth; without it roles are those that an admin gave.
        roles: what its words mean.
    """

    account: str = DEFAULT_ACCOUNT
    role_claim: str | None = None
    roles: Mapping[str, Role] = field(default_factory=dict)

    def role_of(self, claims: Claims) -> Role | None:
        """The strongest role that the claim gives; None where it gives none."""
        given: Any = claims.said
        for part in (self.role_claim or "").split("."):
            given = given.get(part) if isinstance(given, Mapping) else None
        words = given if isinstance(given, list) else [given]
        roles = {self.roles[word] for word in words if isinstance(word, str) and word in self.roles}
        return next((role for role in Role if role in roles), None)


class OpenIdRefused(NotSignedIn):
    """The other place knows them, and here they may not sign in: no such user, disabled, or no role."""

    code = "openid-refused"

    def __init__(self) -> None:
        super().__init__(
            "nobody with this identity may sign in here: an admin has to make a user with its e-mail address"
        )


class OpenIdFailed(NotSignedIn):
    """Whoever came back did not begin here, or the other place's word is not good. The log has why."""

    code = "openid-failed"

    def __init__(self, why: str) -> None:
        super().__init__(why)


class OpenIdAway(Unavailable):
    """The other place does not answer as it should."""

    code = "openid-away"
