"""What `run` and `demo` do before the first call: a list imported, a campaign made, staffed and asked to run.

All of it goes through the use cases that the API calls.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from outdial import bootstrap
from outdial.adapters.uploads import text_of
from outdial.api.campaigns import new_campaign
from outdial.app import audit, campaigns, record_lists
from outdial.app.campaigns import Changes, Named, NewCampaign
from outdial.app.imports import ImportReport, import_rows
from outdial.domain.access import Principal
from outdial.domain.audit import Actor
from outdial.domain.campaigns import Campaign, CampaignStatus, DialingMode
from outdial.domain.errors import Invalid, NotPossible
from outdial.domain.values import UserId
from outdial.ports.campaigns import Part


class ListCorrupted(Invalid):
    """The file cannot be read as a record list; nothing of it was stored."""

    code = "list-corrupted"


class NothingToDial(NotPossible):
    """Every row of the list was refused."""

    code = "nothing-to-dial"


class ModeNotDialed(NotPossible):
    """The campaign's dialing mode needs people at a desk."""

    code = "mode-not-dialed"


@dataclass(frozen=True, slots=True)
class Prepared:
    """A campaign that runs as soon as an engine does."""

    campaign: Campaign
    report: ImportReport
    users: Sequence[UserId]


def read_campaign(path: Path) -> NewCampaign:
    """The campaign of a file in the form of a `POST /campaigns` body.

    Raises:
        Invalid: it is no JSON, or describes no campaign; every wrong member is named.
    """
    try:
        body = json.loads(path.read_text("utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise Invalid(f"{path} is not JSON: {error}") from error
    try:
        return new_campaign(body)
    except Invalid as error:
        raise Invalid(f"{path} describes no campaign: {error}", error.fields) from error


async def prepare(
    here: bootstrap.Installation,
    list_path: Path,
    campaign: NewCampaign,
    *,
    agents: int,
    progress: Callable[[int, int], None] | None = None,
) -> Prepared:
    """Import the list, make the campaign with staff and a caller id, and ask it to run.

    Raises:
        ListCorrupted, NothingToDial: the list is of no use; the import report is in the message.
        Invalid: the campaign lacks something that it needs to run.
    """
    account = await here.account_id()
    by = Principal(account, "outdial", frozenset())
    with audit.acting(Actor(by.client_id)):
        return await _prepared(here, list_path, campaign, by, agents=agents, progress=progress)


async def _prepared(
    here: bootstrap.Installation,
    list_path: Path,
    campaign: NewCampaign,
    by: Principal,
    *,
    agents: int,
    progress: Callable[[int, int], None] | None,
) -> Prepared:
    account = by.account
    new_list, _ = await record_lists.create(
        name=list_path.stem[:120], by=by, storage=here.storage, clock=here.clock, ids=here.ids, files=here.uploads
    )

    report = await import_rows(
        account,
        new_list.id,
        text_of(list_path),
        storage=here.storage,
        clock=here.clock,
        ids=here.ids,
        progress=progress,
    )
    if report.why_corrupted is not None:
        raise ListCorrupted(f"{list_path} cannot be read as a record list: {report.why_corrupted}")
    if not report.accepted:
        raise NothingToDial(f"{list_path}: none of its {report.rows} rows can be dialed: {report.by_kind}")
    staff, number = await bootstrap.simulated_staff(here, account, agents)
    # Caller ids of the file belong to another installation: here the simulation's own number stands in for them.
    made = await campaigns.create(
        replace(campaign, caller_ids=()), by=by, storage=here.storage, clock=here.clock, ids=here.ids
    )
    for part, things in (
        (Part.RECORD_LISTS, [new_list.id]),
        (Part.NUMBERS, [number.id]),
        (Part.USERS, [user.id for user in staff]),
    ):
        named = [Named("id", str(thing)) for thing in things]
        await campaigns.assign(str(made.id), part, named, by=by, storage=here.storage, clock=here.clock)
    if campaign.dialing_mode is DialingMode.PREVIEW:
        raise ModeNotDialed("a PREVIEW campaign waits for agents at their desks: only PREDICTIVE ones can be run here")
    running = await campaigns.change(
        str(made.id), [Changes(status=CampaignStatus.RUNNING)], by=by, storage=here.storage, clock=here.clock
    )
    return Prepared(running, report, [user.id for user in staff])
