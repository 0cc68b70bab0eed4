"""Rows that update records: the record that each of them belongs to, and what becomes of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from outdial.domain.errors import FieldProblem, Invalid
from outdial.domain.readings import DuplicateRule, Reading
from outdial.domain.record_lists import UniqueBy
from outdial.domain.records import (
    Draft,
    NewRecord,
    Record,
    RecordId,
    RowKind,
    RowProblem,
    duplicate,
    keys_of,
    problem,
)
from outdial.domain.values import PhoneNumber, PhoneType

Phones = tuple[tuple[PhoneType, PhoneNumber], ...]


@dataclass(slots=True, eq=False)
class Known:
    """A record that rows are compared with: one of the list, or one that a row of the file has made.

    Args:
        stored: its id in the list; None: a row of the file.
        phones: as they are after the rows that were matched so far.
        on_call: one of its numbers is being called, so that they stay as they are.
        leaving: it is deleted when its call is over, so that nothing of it can be updated.
        rows: how many rows were matched with it.
    """

    stored: RecordId | None
    phones: Phones
    on_call: bool = False
    leaving: bool = False
    rows: int = 0


class KnownRecords:
    """The records of a list that has some way to tell them apart, as far as the rows of a file ask after them."""

    def __init__(self, unique_by: UniqueBy) -> None:
        self._unique_by = unique_by
        self._owners: dict[tuple[str, ...], Known] = {}
        self._stored: set[RecordId] = set()

    def learn(self, records: Iterable[Record], on_call: Iterable[RecordId]) -> None:
        """Take in records of the list. What rows have changed about one that is known already stays."""
        on_call = set(on_call)
        for record in records:
            if record.id in self._stored:
                continue
            self._stored.add(record.id)
            known = Known(record.id, record.phones, record.id in on_call, record.leaving)
            keys: Iterable[tuple[str, ...]] = _numbers(known.phones)
            if self._unique_by is UniqueBy.EXTERNAL:
                keys = [(record.external_provider or "", record.external_id or "")]
            self._owners.update(dict.fromkeys(keys, known))

    def match(self, row: NewRecord) -> Known | RowProblem:
        """The record that a row makes or updates, or why it cannot be taken."""
        keys = keys_of(row, self._unique_by)
        owners = {known: None for key in keys if (known := self._owners.get(key)) is not None}
        if not owners:
            made = Known(None, _phones_of(row), rows=1)
            self._owners.update(dict.fromkeys(keys, made))
            return made
        if len(owners) > 1:
            (first, *_) = owners
            others = {key for key in keys if self._owners.get(key, first) is not first}
            found = duplicate(row, self._unique_by, others)
            assert found is not None, "a number of another record is one that is taken"
            several = "the numbers of this row belong to several records of this list"
            return problem(found.kind, found.column, found.value, several)
        (known,) = owners
        phones = with_phones(known.phones, row)
        if known.leaving or (known.on_call and phones != known.phones):
            phone = next((one for one in row.phones if (one.type, one.number) not in known.phones), row.phones[0])
            return problem(RowKind.RECORD_ON_CALL, phone.type.value, phone.number)
        if self._unique_by is UniqueBy.PHONE_NUMBER:
            for key in _numbers(known.phones):
                del self._owners[key]
            self._owners.update(dict.fromkeys(_numbers(phones), known))
        known.phones = phones
        known.rows += 1
        return known


def check_duplicate_rule(reading: Reading, unique_by: UniqueBy) -> None:
    """Raises `Invalid` where rows are to update records that nothing tells apart."""
    if reading.duplicates is DuplicateRule.UPDATE and unique_by is UniqueBy.NOTHING:
        why = f"cannot be {DuplicateRule.UPDATE.value}: nothing tells the records of this list apart"
        raise Invalid("Invalid input", [FieldProblem("duplicates", why)])


def updated(
    before: Record | NewRecord, rows: Sequence[tuple[Draft, NewRecord]], *, timezone: str | None = None
) -> Draft:
    """A record as rows make it, one after the other, still to be judged with its own priority as the default.

    What a row leaves blank stays as it is, and so does the external reference. Each row is given as it stands in the
    file and as it was judged; `timezone` is for a record that has none where the row gives none.
    """
    phones = _phones_of(before)
    draft = Draft(
        before.first_name,
        before.last_name,
        timezone=before.timezone or "",
        external_provider=before.external_provider or "",
        external_id=before.external_id or "",
        external_url=before.external_url or "",
        sync_external_id=before.sync_external_id,
        extra_data=before.extra_data,
    )
    for given, row in rows:
        phones = with_phones(phones, row)
        draft.first_name, draft.last_name = row.first_name, row.last_name
        if given.timezone.strip():
            draft.timezone = given.timezone
        if str(given.priority).strip():
            draft.priority = given.priority
        draft.extra_data = {**draft.extra_data, **given.extra_data}
    draft.phones = phones
    draft.timezone = draft.timezone or timezone or ""
    return draft


def with_phones(phones: Phones, row: NewRecord) -> Phones:
    """Phones with those of a row in place of others of their types; a number with another type now has that one."""
    given = {phone.type: phone.number for phone in row.phones}
    moved = set(given.values())
    kept = [(kind, number) for kind, number in phones if kind in given or number not in moved]
    types = {kind for kind, _ in kept}
    return (
        *((kind, given.get(kind, number)) for kind, number in kept),
        *((kind, number) for kind, number in given.items() if kind not in types),
    )


def is_same(before: Record, after: NewRecord) -> bool:
    """Whether a record would be stored as it is."""
    return (
        before.phones == _phones_of(after)
        and (before.first_name, before.last_name) == (after.first_name, after.last_name)
        and (before.timezone, before.priority) == (after.timezone, after.priority)
        and before.extra_data == after.extra_data
    )


def _phones_of(record: Record | NewRecord) -> Phones:
    if isinstance(record, Record):
        return record.phones
    return tuple((phone.type, phone.number) for phone in record.phones)


def _numbers(phones: Phones) -> list[tuple[str, ...]]:
    # Each once: a record may have one number as two types.
    return list({(number,): None for _, number in phones})
