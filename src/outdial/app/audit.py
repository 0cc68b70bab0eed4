"""The audit: the one place that writes who changed what, in the transaction of the change; and what is read of it.

Who acts is no argument of the use cases: the edge says it once for each request, by `acts`.
"""

import contextlib
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextvars import ContextVar
from typing import Any, Final
from uuid import UUID

from outdial.domain.access import ApiClient, Principal
from outdial.domain.audit import Action, Actor, Change, ChangeId, ChangeNotFound, Kind, differences
from outdial.domain.campaign_document import Document, document_of, exceptions_document, windows_document
from outdial.domain.dispositions import Disposition
from outdial.domain.dnc import DncEntry, DncList
from outdial.domain.hour_templates import HourTemplate
from outdial.domain.record_lists import RecordList
from outdial.domain.values import CampaignId
from outdial.ports.audit import ChangeFilter
from outdial.ports.campaigns import Part
from outdial.ports.numbers import CallerNumber
from outdial.ports.storage import Storage, UnitOfWork
from outdial.ports.users import User

_ALL: Final = 1_000_000
"""More than can be assigned to a campaign."""

_A_PIECE: Final = 500
"""Changes that are read at once of an audit that may be long."""

_NOBODY: Final = Actor()
_actor: ContextVar[Actor] = ContextVar("actor", default=_NOBODY)


def acts(actor: Actor) -> None:
    """From here on, in this task, it is `actor` who changes things."""
    _actor.set(actor)


@contextlib.contextmanager
def acting(actor: Actor) -> Iterator[None]:
    """While the block runs it is `actor` who changes things: for what nobody asks for over HTTP."""
    before = _actor.set(actor)
    try:
        yield
    finally:
        _actor.reset(before)


async def note(
    uow: UnitOfWork,
    kind: Kind,
    thing: UUID,
    *,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
    campaign_id: CampaignId | None = None,
    undoes: ChangeId | None = None,
) -> Change | None:
    """Write down that a thing became what it is: made if it was nothing `before`, deleted if it is nothing `after`.

    Both are plain JSON values by member. A change that changed nothing is not written.
    """
    action = Action.CREATED if before is None else Action.DELETED if after is None else Action.CHANGED
    old, new = differences(before or {}, after or {})
    if action is Action.CHANGED and not old and not new:
        return None
    return await uow.audit.add(
        kind, thing, action, old, new, actor=_actor.get(), campaign_id=campaign_id, undoes=undoes
    )


Thing = RecordList | DncList | DncEntry | User | CallerNumber | Disposition | HourTemplate | ApiClient


async def of_thing(uow: UnitOfWork, *, before: Thing | None = None, after: Thing | None = None) -> None:
    """Write down that a thing was made, changed or deleted; one of both at least is given."""
    thing = after or before
    assert thing is not None, "nothing became nothing"
    old, new = (None if one is None else _facts(one) for one in (before, after))
    # The id of a client is a UUID, written without its hyphens.
    id_ = UUID(thing.id) if isinstance(thing, ApiClient) else thing.id
    await note(uow, _kind(thing), id_, before=old, after=new)


def _kind(thing: Thing) -> Kind:
    match thing:
        case RecordList():
            return Kind.RECORD_LIST
        case DncList():
            return Kind.DNC_LIST
        case DncEntry():
            return Kind.DNC_ENTRY
        case User():
            return Kind.USER
        case CallerNumber():
            return Kind.NUMBER
        case Disposition():
            return Kind.DISPOSITION
        case HourTemplate():
            return Kind.HOUR_TEMPLATE
        case ApiClient():
            return Kind.API_CLIENT


def _facts(thing: Thing) -> Mapping[str, Any]:
    """What people set of a thing, by the names of the API."""
    match thing:
        case RecordList():
            facts: dict[str, Any] = {"name": thing.name, "unique_identifier_type": thing.unique_by.value}
        case DncList():
            facts = {"name": thing.name, "account_wide": thing.account_wide or None}
        case DncEntry():
            day = thing.expires_on
            facts = {
                "do_not_call_list_id": str(thing.list_id),
                "phone_number": thing.number,
                "expiration_date": None if day is None else day.isoformat(),
                "reason": thing.reason,
            }
        case User():
            disabled = None if thing.disabled_at is None else True
            facts = {"name": thing.name, "email": thing.email, "role": thing.role.value, "disabled": disabled}
        case ApiClient():
            facts = {
                "name": thing.name,
                "scopes": [scope.value for scope in thing.scopes],
                "redirect_uris": list(thing.redirect_uris) or None,
                "revoked": None if thing.revoked_at is None else True,
            }
        case CallerNumber():
            facts = {"phone_number": thing.phone_number}
        case Disposition():
            wait = thing.retry_after
            facts = {
                "name": thing.name,
                "effect": thing.effect.value,
                "retry_after_in_secs": None if wait is None else int(wait.total_seconds()),
                "do_not_call_list_id": None if thing.dnc_list is None else str(thing.dnc_list),
                "default": thing.is_default,
            }
        case HourTemplate():
            facts = {
                "name": thing.name,
                "calling_hours": windows_document(thing.windows),
                "exceptions": exceptions_document(thing.exceptions) or None,
                "holidays": list(thing.holidays) or None,
            }
    return {name: value for name, value in facts.items() if value is not None}


@contextlib.asynccontextmanager
async def of_campaign(
    uow: UnitOfWork, campaign_id: CampaignId, *, undoes: ChangeId | None = None
) -> AsyncIterator[None]:
    """Write down what the block changes of a campaign, also that it comes to be or goes; the caller has locked it."""
    before = await document(uow, campaign_id)
    yield
    after = await document(uow, campaign_id)
    if before is not None or after is not None:
        await note(uow, Kind.CAMPAIGN, campaign_id, before=before, after=after, campaign_id=campaign_id, undoes=undoes)


async def document(uow: UnitOfWork, campaign_id: CampaignId) -> Document | None:
    """All that can be changed of a campaign, as it is now; None when there is none."""
    campaign = await uow.campaigns.get(campaign_id)
    if campaign is None:
        return None
    assigned = {}
    for part in Part:
        _, things = await uow.campaigns.assigned(campaign_id, part, only=None, offset=0, limit=_ALL)
        assigned[part.value] = [str(thing.id) for thing in things]
    return document_of(campaign, assigned)


async def listed(
    which: ChangeFilter, *, offset: int, limit: int, by: Principal, storage: Storage
) -> tuple[int, Sequence[Change]]:
    """How many changes match, and one page of them, the newest first."""
    async with storage.unit_of_work(by.account) as uow:
        return await uow.audit.page(which, offset=offset, limit=limit)


async def everything(which: ChangeFilter, *, by: Principal, storage: Storage) -> AsyncIterator[Sequence[Change]]:
    """All changes that match, the newest first, in pieces: each of a transaction of its own, so that none is long."""
    last: ChangeId | None = None
    while True:
        async with storage.unit_of_work(by.account) as uow:
            piece = await uow.audit.older(which, than=last, limit=_A_PIECE)
        if not piece:
            return
        yield piece
        last = piece[-1].id


async def get(change_id: UUID | None, *, by: Principal, storage: Storage) -> Change:
    """Raises `ChangeNotFound`."""
    async with storage.unit_of_work(by.account) as uow:
        return await found(uow, change_id)


async def found(uow: UnitOfWork, change_id: UUID | None) -> Change:
    """Raises `ChangeNotFound`."""
    change = None if change_id is None else await uow.audit.get(ChangeId(change_id))
    if change is None:
        raise ChangeNotFound(change_id)
    return change
