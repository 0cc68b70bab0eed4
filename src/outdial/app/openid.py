"""Signing in at the company's own place: there with a journey, back with a code, and then as one of our users."""

import hmac
import secrets
from dataclasses import dataclass

import structlog

from outdial.app import audit
from outdial.app import logins as ours
from outdial.app import users as people
from outdial.app.logins import NewLogin
from outdial.domain.access import CONSOLE, Account, Role
from outdial.domain.audit import Actor
from outdial.domain.logins import LastAdmin, LoginRefused
from outdial.domain.openid import LONGEST_SUBJECT, Claims, OpenIdFailed, OpenIdRefused, OpenIdRules
from outdial.domain.values import UserId
from outdial.ports.clock import Clock
from outdial.ports.logins import LoginStore
from outdial.ports.openid import Journey, OpenIdProvider
from outdial.ports.storage import Storage
from outdial.ports.tokens import AccessStore

log = structlog.get_logger(__name__)

_WORD_BYTES = 32


@dataclass(frozen=True, slots=True)
class OpenId:
    """The other place, and what it decides here."""

    provider: OpenIdProvider
    rules: OpenIdRules


def leave() -> Journey:
    """A journey that nobody can guess."""
    return Journey(*(secrets.token_urlsafe(_WORD_BYTES) for _ in range(3)))


async def come_back(
    openid: OpenId,
    journey: Journey,
    *,
    state: str,
    issuer: str | None,
    code: str,
    back: str,
    storage: Storage,
    access: AccessStore,
    logins: LoginStore,
    clock: Clock,
) -> NewLogin:
    """Sign somebody in who comes back with a code; `issuer` is who says to have sent them, if it says so.

    Raises:
        OpenIdFailed: they did not leave from here, or the code or its token is not good.
        OpenIdRefused: they may not sign in here.
        OpenIdAway: the other place does not answer.
    """
    if not hmac.compare_digest(state.encode(), journey.state.encode()):
        raise OpenIdFailed("the state is not that of this browser")
    if issuer is not None and issuer != openid.provider.issuer:
        raise OpenIdFailed("somebody else has sent them")
    claims = await openid.provider.claims(code, journey, back=back)
    account = await access.account(openid.rules.account)
    role = openid.rules.role_of(claims) if openid.rules.role_claim is not None else None
    if openid.rules.role_claim is not None and role is None:
        raise OpenIdRefused
    user = await _user_of(claims, account, logins)
    audit.acts(Actor(CONSOLE, user_id=user))
    if role is not None:
        await _become(role, user, account, storage, logins)
    try:
        return await ours.begin(account.id, user, logins=logins, clock=clock)
    except LoginRefused:
        raise OpenIdRefused from None


async def _user_of(claims: Claims, account: Account, logins: LoginStore) -> UserId:
    """Who was here before as the same subject; else who has the address, and is that subject from now on."""
    if len(claims.subject) > LONGEST_SUBJECT:
        raise OpenIdFailed("the subject is too long")
    known = await logins.user_of_subject(account.id, claims.stored)
    if known is None and claims.email is not None:
        known = await logins.link_subject(account.id, claims.email, claims.stored, issuer=claims.issuer)
    if known is None:
        raise OpenIdRefused
    return known


async def _become(role: Role, user: UserId, account: Account, storage: Storage, logins: LoginStore) -> None:
    """Take the role that the other place gives."""
    before = await people.get(account.id, str(user), storage=storage)
    if before.role is role:
        return
    try:
        await logins.set_role(account.id, user, role, before.disabled_at)
    except LastAdmin:
        # Nobody could say any more who signs in.
        log.warning("openid_role_not_taken", user_id=str(user), role=role.value, why="the only admin with a password")
        return
    after = await people.get(account.id, str(user), storage=storage)
    async with storage.unit_of_work(account.id) as uow:
        await audit.of_thing(uow, before=before, after=after)
