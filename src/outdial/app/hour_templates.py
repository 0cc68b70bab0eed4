"""Templates of calling hours: made, changed, taken away; one transaction each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from outdial.app import audit
from outdial.app.campaigns import check_regions, uuid_of
from outdial.app.record_lists import to_milliseconds
from outdial.domain.access import Principal
from outdial.domain.campaigns import CallingWindow, DateException
from outdial.domain.hour_templates import HourTemplate, HourTemplateId, HourTemplateNotFound
from outdial.ports.clock import Clock, Ids
from outdial.ports.holidays import Holidays
from outdial.ports.storage import Storage, UnitOfWork


@dataclass(frozen=True, slots=True)
class Wanted:
    """A template as a client describes it."""

    name: str
    windows: tuple[CallingWindow, ...]
    exceptions: tuple[DateException, ...] = ()
    holidays: tuple[str, ...] = ()


async def create(
    wanted: Wanted, *, by: Principal, storage: Storage, clock: Clock, ids: Ids, holidays: Holidays
) -> HourTemplate:
    """Raises `Invalid` for holidays that are not known, `HourTemplateNameTaken`."""
    check_regions(wanted.holidays, holidays)
    now = to_milliseconds(clock.now())
    template = HourTemplate(
        HourTemplateId(ids.new("hour_template")),
        wanted.name,
        wanted.windows,
        now,
        now,
        wanted.exceptions,
        wanted.holidays,
    )
    async with storage.unit_of_work(by.account) as uow:
        await uow.hour_templates.add(template)
        await audit.of_thing(uow, after=template)
    return template


async def change(
    template_id: str,
    wanted: Wanted,
    *,
    check: Callable[[HourTemplate], None] | None = None,
    by: Principal,
    storage: Storage,
    clock: Clock,
    holidays: Holidays,
) -> HourTemplate:
    """Describe a template anew; the campaigns that began with it stay as they are.

    `check` looks at the template before, and may raise.

    Raises:
        HourTemplateNotFound: no such template.
        Invalid, HourTemplateNameTaken: nothing was changed.
    """
    async with storage.unit_of_work(by.account) as uow:
        before = await _found(uow, template_id, lock=True)
        if check is not None:
            check(before)
        check_regions(wanted.holidays, holidays)
        after = replace(
            before,
            name=wanted.name,
            windows=wanted.windows,
            exceptions=wanted.exceptions,
            holidays=wanted.holidays,
        )
        if after == before:
            return before
        after = replace(after, updated_at=to_milliseconds(clock.now()))
        await uow.hour_templates.save(after)
        await audit.of_thing(uow, before=before, after=after)
    return after


async def get(template_id: str, *, by: Principal, storage: Storage) -> HourTemplate:
    """Raises `HourTemplateNotFound`."""
    async with storage.unit_of_work(by.account) as uow:
        return await _found(uow, template_id)


async def listed(*, offset: int, limit: int, by: Principal, storage: Storage) -> tuple[int, Sequence[HourTemplate]]:
    """How many there are, and one page of them, by name."""
    async with storage.unit_of_work(by.account) as uow:
        return await uow.hour_templates.count(), await uow.hour_templates.page(offset=offset, limit=limit)


async def remove(
    template_id: str, *, check: Callable[[HourTemplate], None] | None = None, by: Principal, storage: Storage
) -> None:
    """Take a template away; `check` looks at it before, and may raise. Raises `HourTemplateNotFound`."""
    async with storage.unit_of_work(by.account) as uow:
        template = await _found(uow, template_id, lock=True)
        if check is not None:
            check(template)
        await uow.hour_templates.remove(template.id)
        await audit.of_thing(uow, before=template)


async def _found(uow: UnitOfWork, template_id: str, *, lock: bool = False) -> HourTemplate:
    uuid = uuid_of(template_id)
    template = None if uuid is None else await uow.hour_templates.get(HourTemplateId(uuid), lock=lock)
    if template is None:
        raise HourTemplateNotFound
    return template
