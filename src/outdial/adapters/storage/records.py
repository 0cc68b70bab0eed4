"""Records and their phones in PostgreSQL."""

import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from outdial.adapters.storage.campaigns import extensions_from_json, strategy_from_json
from outdial.adapters.storage.database import Connection, Row
from outdial.domain.outcomes import Reason
from outdial.domain.record_changes import DialedBy
from outdial.domain.record_lists import RecordListNotFound, UniqueBy, UploadId
from outdial.domain.records import NewRecord, Record, RecordId, RecordNotFound
from outdial.domain.values import (
    AccountId,
    PhoneNumber,
    PhoneType,
    RecordListId,
    number_from_int,
    number_to_int,
)
from outdial.domain.zones import ZoneNames
from outdial.ports.records import NameRecords, RecordChange, RecordFilter, RecordKey, RecordsBusy

_RECORD = """
select r.uuid, r.first_name, r.last_name, r.timezone, r.priority, r.external_id, r.external_provider, r.external_url,
  r.sync_external_id, r.extra_data, r.created_at, r.updated_at, r.remove_asked_at is not null as leaving, p.types,
  p.numbers
from record r cross join lateral (
  select array_agg(phone_type order by position) as types, array_agg(e164 order by position) as numbers
  from record_phone where record_id = r.id) p
"""
_ORDER_COLUMNS = {"updated_at": "r.updated_at", "priority": "r.priority", "seq": "r.seq"}
_SEARCH_COLUMNS = {
    "first_name": "r.first_name ilike ?",
    "last_name": "r.last_name ilike ?",
    "phone_number": "exists (select from record_phone p where p.record_id = r.id and '+' || p.e164 like ?)",
}
_INSERT = """
insert into record (id, uuid, list_id, seq, upload_request_id, first_name, last_name, timezone, priority, external_id,
  external_provider, external_url, sync_external_id, extra_data, created_at, updated_at)
select n.id, n.uuid, $1, n.seq, (select u.id from upload_request u where u.list_id = $1 and u.uuid = $2), n.first_name,
  n.last_name, n.timezone, n.priority, n.external_id, n.external_provider, n.external_url, n.sync_external_id,
  n.extra_data::jsonb, $3, $3
from unnest($4::bigint[], $5::uuid[], $6::bigint[], $7::text[], $8::text[], $9::text[], $10::smallint[], $11::text[],
  $12::text[], $13::text[], $14::boolean[], $15::text[])
  as n(id, uuid, seq, first_name, last_name, timezone, priority, external_id, external_provider, external_url,
    sync_external_id, extra_data)
"""

_FOUND_BY_ID = "select uuid as key, uuid from record where list_id = $1 and uuid = any($2::uuid[]) order by seq"
_FOUND_BY_NUMBER = """
select p.e164 as key, r.uuid from record_phone p join record r on r.id = p.record_id
where p.list_id = $1 and p.e164 = any($2::bigint[]) group by p.e164, r.uuid, r.seq order by r.seq
"""
_FOUND_BY_REFERENCE = """
select r.external_provider, r.external_id, r.uuid from unnest($2::text[], $3::text[]) as k(provider, id)
  join record r on r.list_id = $1 and r.external_provider = k.provider and r.external_id = k.id
group by 1, 2, r.uuid, r.seq order by r.seq
"""
_ON_CALL = "i.state = 'C' or i.attempt_id is not null"
_ITEMS = "from dial_item i join record r on r.id = i.record_id where r.list_id = $1 and r.uuid = any($2::uuid[])"
_DIALED_BY = f"""
select r.uuid, i.campaign_id, i.phone_type, i.attempts + i.uncounted > 0 or i.next_at is not null as attempted,
  {_ON_CALL} as on_call, i.state = 'D' as final
{_ITEMS} order by i.campaign_id, i.record_id for no key update of i
"""
_CHANGE = """
update record r set first_name = n.first_name, last_name = n.last_name, timezone = n.timezone, priority = n.priority,
  extra_data = n.extra_data::jsonb, updated_at = $2, seq = coalesce(n.seq, r.seq)
from unnest($3::uuid[], $4::text[], $5::text[], $6::text[], $7::smallint[], $8::text[], $9::bigint[])
  as n(uuid, first_name, last_name, timezone, priority, extra_data, seq)
where r.list_id = $1 and r.uuid = n.uuid returning r.id, r.uuid
"""
# Whatever else happens to it, the row of a campaign has the priority of its record, and its phone as it is now.
_FOLLOW = """
update dial_item i set priority = c.priority, seq = coalesce(c.seq, i.seq),
  state = case when n.reason is not null then 'D' when n.position is null or i.state = 'W' then i.state else 'R' end,
  reason = case when n.reason is not null then n.reason when n.position is null or i.state = 'W' then i.reason end,
  position = coalesce(n.position, i.position), e164 = coalesce(p.e164, i.e164),
  phone_type = coalesce(p.phone_type, i.phone_type), zone_id = coalesce(p.zone_id, i.zone_id)
from unnest($1::bigint[], $2::smallint[], $3::bigint[], $4::boolean[]) as c(record_id, priority, seq, other_phones)
  join dial_item old on old.record_id = c.record_id
  left join unnest($5::bigint[], $6::int[], $7::smallint[], $8::text[]) as n(record_id, campaign_id, position, reason)
    on n.record_id = old.record_id and n.campaign_id = old.campaign_id
  left join record_phone p on p.record_id = old.record_id and p.position = coalesce(n.position, old.position)
where i.record_id = old.record_id and i.campaign_id = old.campaign_id
  and (c.other_phones or c.seq is not null or c.priority <> old.priority)
"""


class RecordRows:
    def __init__(self, connection: Connection, account: AccountId) -> None:
        self._connection, self._account = connection, account

    async def taken(
        self, list_id: RecordListId, unique_by: UniqueBy, keys: Collection[tuple[str, ...]]
    ) -> set[tuple[str, ...]]:
        if not keys or unique_by is UniqueBy.NOTHING:
            return set()
        key = await self._list_key(list_id)
        if unique_by is UniqueBy.PHONE_NUMBER:
            rows = await self._connection.fetch(
                "select distinct e164 from record_phone where list_id = $1 and e164 = any($2::bigint[])",
                key,
                [number_to_int(PhoneNumber(number)) for (number,) in keys],
            )
            return {(number_from_int(row["e164"]),) for row in rows}
        rows = await self._connection.fetch(
            """
            select distinct r.external_provider, r.external_id from unnest($2::text[], $3::text[]) as k(provider, id)
              join record r on r.list_id = $1 and r.external_provider = k.provider and r.external_id = k.id
            """,
            key,
            *(list(column) for column in zip(*keys, strict=True)),
        )
        return {(row["external_provider"], row["external_id"]) for row in rows}

    async def add(
        self,
        list_id: RecordListId,
        records: Sequence[NewRecord],
        *,
        name: NameRecords,
        at: datetime,
        upload: UploadId | None = None,
    ) -> list[RecordId]:
        if not records:
            return []
        key = await self._list_key(list_id)
        # Drawn first and sorted here: that `nextval` beside an `order by` is called in that order is nowhere promised.
        drawn = await self._connection.fetch(
            "select nextval('record_seq') as seq, nextval(pg_get_serial_sequence('record', 'id')) as id"
            " from generate_series(1, $1)",
            len(records),
        )
        seqs, keys = sorted(row["seq"] for row in drawn), sorted(row["id"] for row in drawn)
        uuids = [name(seq) for seq in seqs]
        await self._connection.execute(
            _INSERT,
            key,
            upload,
            at,
            keys,
            uuids,
            seqs,
            [record.first_name for record in records],
            [record.last_name for record in records],
            [record.timezone for record in records],
            [record.priority for record in records],
            [record.external_id for record in records],
            [record.external_provider for record in records],
            [record.external_url for record in records],
            [record.sync_external_id for record in records],
            [json.dumps(record.extra_data, ensure_ascii=False) for record in records],
        )
        await self._add_phones(key, list(zip(keys, records, strict=True)))
        await self._connection.execute(
            """
            update record_list set records_count = records_count + $2, last_seq = greatest(last_seq, $3),
              updated_at = $4
            where id = $1
            """,
            key,
            len(records),
            seqs[-1],
            at,
        )
        return [RecordId(uuid) for uuid in uuids]

    async def get(self, list_id: RecordListId, record_id: RecordId) -> Record:
        found = await self.several(list_id, [record_id])
        if record_id not in found:
            raise RecordNotFound(record_id)
        return found[record_id]

    async def several(self, list_id: RecordListId, ids: Sequence[RecordId]) -> Mapping[RecordId, Record]:
        rows = await self._connection.fetch(
            f"{_RECORD} join record_list l on l.id = r.list_id"
            " where l.account_id = $1 and l.uuid = $2 and r.uuid = any($3::uuid[]) order by r.seq",
            self._account,
            list_id,
            list(ids),
        )
        return {RecordId(row["uuid"]): _record(row, list_id) for row in rows}

    async def count(self, list_id: RecordListId, wanted: RecordFilter) -> int:
        where, values = self._where(await self._list_key(list_id), wanted)
        found: int = await self._connection.fetchval(f"select count(*) from record r where {where}", *values)  # noqa: S608
        return found

    async def page(
        self, list_id: RecordListId, wanted: RecordFilter, *, order: tuple[str, bool], offset: int, limit: int
    ) -> list[Record]:
        where, values = self._where(await self._list_key(list_id), wanted)
        column, descending = order
        rows = await self._connection.fetch(
            f"{_RECORD} where {where} order by {_ORDER_COLUMNS[column]} {'desc' if descending else 'asc'}, r.seq"
            f" offset ${len(values) + 1} limit ${len(values) + 2}",
            *values,
            offset,
            limit,
        )
        return [_record(row, list_id) for row in rows]

    async def matching(
        self, list_id: RecordListId, keys: Sequence[RecordKey]
    ) -> Mapping[RecordKey, Sequence[RecordId]]:
        key = await self._list_key(list_id)
        found: dict[RecordKey, list[RecordId]] = defaultdict(list)
        references = [one for one in keys if isinstance(one, tuple)]
        if references:
            columns = (list(column) for column in zip(*references, strict=True))
            for row in await self._connection.fetch(_FOUND_BY_REFERENCE, key, *columns):
                found[row["external_provider"], row["external_id"]].append(RecordId(row["uuid"]))
        if numbers := [number_to_int(PhoneNumber(one)) for one in keys if isinstance(one, str)]:
            for row in await self._connection.fetch(_FOUND_BY_NUMBER, key, numbers):
                found[number_from_int(row["key"])].append(RecordId(row["uuid"]))
        if ids := [one for one in keys if isinstance(one, UUID)]:
            for row in await self._connection.fetch(_FOUND_BY_ID, key, ids):
                found[RecordId(row["key"])].append(RecordId(row["uuid"]))
        return found

    async def timezones(self, list_id: RecordListId, search: str | None) -> list[str]:
        rows = await self._connection.fetch(
            "select distinct timezone from record where list_id = $1 and timezone ilike $2 order by timezone",
            await self._list_key(list_id),
            "%" if search is None else _pattern(search),
        )
        return [row["timezone"] for row in rows]

    async def dialed_by(
        self, list_id: RecordListId, ids: Collection[RecordId], *, wait: bool = True
    ) -> Mapping[RecordId, Sequence[DialedBy]]:
        key = await self._list_key(list_id)
        rows = await self._connection.fetch(_DIALED_BY if wait else f"{_DIALED_BY} skip locked", key, list(ids))
        if not wait and len(rows) < await self._connection.fetchval(f"select count(*) {_ITEMS}", key, list(ids)):
            raise RecordsBusy
        campaigns = await self._connection.fetch(
            "select id, strategy, extensions from campaign where id = any($1::int[])",
            list({row["campaign_id"] for row in rows}),
        )
        plans = {
            row["id"]: (strategy_from_json(row["strategy"]), extensions_from_json(row["extensions"]).exceptions)
            for row in campaigns
        }
        found: dict[RecordId, list[DialedBy]] = defaultdict(list)
        for row in rows:
            found[RecordId(row["uuid"])].append(
                DialedBy(
                    row["campaign_id"],
                    *plans[row["campaign_id"]],
                    PhoneType.of_code(row["phone_type"]),
                    row["attempted"],
                    row["on_call"],
                    row["final"],
                )
            )
        return found

    async def on_call(self, list_id: RecordListId, ids: Collection[RecordId]) -> set[RecordId]:
        rows = await self._connection.fetch(
            f"select distinct r.uuid {_ITEMS} and ({_ON_CALL})",
            await self._list_key(list_id),
            list(ids),
        )
        return {RecordId(row["uuid"]) for row in rows}

    async def change(self, list_id: RecordListId, changes: Sequence[RecordChange], at: datetime) -> None:
        key = await self._list_key(list_id)
        drawn = await self._connection.fetch(
            "select nextval('record_seq') as seq from generate_series(1, $1)", sum(one.new_place for one in changes)
        )
        places = iter(sorted(row["seq"] for row in drawn))
        seqs = [next(places) if one.new_place else None for one in changes]
        rows = await self._connection.fetch(
            _CHANGE,
            key,
            at,
            [one.id for one in changes],
            [one.new.first_name for one in changes],
            [one.new.last_name for one in changes],
            [one.new.timezone for one in changes],
            [one.new.priority for one in changes],
            [json.dumps(one.new.extra_data, ensure_ascii=False) for one in changes],
            seqs,
        )
        keys = {RecordId(row["uuid"]): row["id"] for row in rows}
        gone = [one.id for one in changes if one.id not in keys]
        if gone:
            raise RecordNotFound(gone[0])
        with_phones = [(keys[one.id], one.new) for one in changes if one.other_phones]
        if with_phones:
            await self._connection.execute(
                "delete from record_phone where record_id = any($1::bigint[])", [record for record, _ in with_phones]
            )
            await self._add_phones(key, with_phones)
        next_up = [(keys[one.id], campaign, follows) for one in changes for campaign, follows in one.go_on.items()]
        await self._connection.execute(
            _FOLLOW,
            [keys[one.id] for one in changes],
            [one.new.priority for one in changes],
            seqs,
            [one.other_phones for one in changes],
            [record for record, _, _ in next_up],
            [campaign for _, campaign, _ in next_up],
            [None if isinstance(follows, Reason) else follows for _, _, follows in next_up],
            [follows.value if isinstance(follows, Reason) else None for _, _, follows in next_up],
        )
        await self._connection.execute(
            "update record_list set last_seq = greatest(last_seq, $2), updated_at = $3 where id = $1",
            key,
            max((seq for seq in seqs if seq is not None), default=None),
            at,
        )

    async def remove(self, list_id: RecordListId, ids: Sequence[RecordId], at: datetime) -> set[RecordId]:
        key = await self._list_key(list_id)
        rows = await self._connection.fetch(
            "select id, uuid from record where list_id = $1 and uuid = any($2::uuid[]) order by id for update",
            key,
            list(ids),
        )
        uuid_of = {row["id"]: RecordId(row["uuid"]) for row in rows}
        # Never waits for the dialer while it holds rows that the dialer may want: what it works on now is on a call.
        free = await self._connection.fetch(
            """
            select campaign_id, record_id from dial_item
            where record_id = any($1::bigint[]) and state <> 'C' and attempt_id is null
            order by campaign_id, record_id for update skip locked
            """,
            list(uuid_of),
        )
        # A record that is on a call of one campaign is not to be called by another before it goes.
        await self._connection.execute(
            """
            delete from dial_item i using unnest($1::int[], $2::bigint[]) as f(campaign_id, record_id)
            where i.campaign_id = f.campaign_id and i.record_id = f.record_id
            """,
            [row["campaign_id"] for row in free],
            [row["record_id"] for row in free],
        )
        rows = await self._connection.fetch(
            "select distinct record_id from dial_item where record_id = any($1::bigint[]) order by 1", list(uuid_of)
        )
        on_call = [row["record_id"] for row in rows]
        # Campaigns take in what comes after the last they have: before the first place no campaign finds it again.
        await self._connection.execute(
            """
            update record set remove_asked_at = coalesce(remove_asked_at, $2), seq = -id where id = any($1::bigint[])
            """,
            on_call,
            at,
        )
        gone = sorted(set(uuid_of) - set(on_call))
        if gone:
            await self._connection.execute("delete from record where id = any($1::bigint[])", gone)
            await self._connection.execute(
                "update record_list set records_count = records_count - $2, updated_at = $3 where id = $1",
                key,
                len(gone),
                at,
            )
        return {uuid_of[one] for one in on_call}

    async def leaving(self) -> Mapping[RecordListId, Sequence[RecordId]]:
        rows = await self._connection.fetch(
            """
            select l.uuid as list_uuid, r.uuid from record r join record_list l on l.id = r.list_id
            where l.account_id = $1 and r.remove_asked_at is not null and not exists (
              select from dial_item i where i.record_id = r.id and (i.state = 'C' or i.attempt_id is not null))
            order by l.id, r.id
            """,
            self._account,
        )
        found: dict[RecordListId, list[RecordId]] = defaultdict(list)
        for row in rows:
            found[RecordListId(row["list_uuid"])].append(RecordId(row["uuid"]))
        return found

    async def _add_phones(self, list_key: int, records: Sequence[tuple[int, NewRecord]]) -> None:
        zone_of = await self._zones({phone.zones for _, record in records for phone in record.phones})
        await self._connection.copy_records_to_table(
            "record_phone",
            records=[
                (record_key, position, list_key, phone.type.code, number_to_int(phone.number), zone_of[phone.zones])
                for record_key, record in records
                for position, phone in enumerate(record.phones)
            ],
            columns=["record_id", "position", "list_id", "phone_type", "e164", "zone_id"],
        )

    async def _list_key(self, list_id: RecordListId) -> int:
        key: int | None = await self._connection.fetchval(
            "select id from record_list where account_id = $1 and uuid = $2", self._account, list_id
        )
        if key is None:
            raise RecordListNotFound(list_id)
        return key

    async def _zones(self, wanted: set[ZoneNames]) -> dict[ZoneNames, int]:
        """The key of each set of zones, those that are new stored first."""
        names = sorted(wanted)
        known = await self._known_zones(names)
        # Sorted, so that two imports that meet new zones wait for each other rather than lock each other. Only what is
        # missing is inserted: a conflict would use a key up as well, and they are small numbers.
        for missing in (zones for zones in names if zones not in known):
            await self._connection.execute("insert into zone (names) values ($1) on conflict do nothing", list(missing))
        return known if len(known) == len(names) else await self._known_zones(names)

    async def _known_zones(self, names: Sequence[ZoneNames]) -> dict[ZoneNames, int]:
        # An array of arrays of unequal lengths does not exist in PostgreSQL: asked for as JSON.
        rows = await self._connection.fetch(
            """
            select z.id, z.names from jsonb_array_elements($1) as w(names)
              join zone z on z.names = array(select jsonb_array_elements_text(w.names))
            """,
            [list(zones) for zones in names],
        )
        return {tuple(row["names"]): row["id"] for row in rows}

    def _where(self, key: int, wanted: RecordFilter) -> tuple[str, list[object]]:
        values: list[object] = [key]
        tests = ["r.list_id = $1"]

        def test(condition: str, value: object) -> None:
            if value is not None:
                values.append(value)
                tests.append(condition.replace("?", f"${len(values)}"))

        test(
            "exists (select from record_phone p where p.list_id = r.list_id and p.record_id = r.id and p.e164 = ?)",
            None if wanted.phone_number is None else number_to_int(wanted.phone_number),
        )
        test("r.upload_request_id = (select id from upload_request where list_id = $1 and uuid = ?)", wanted.upload)
        if wanted.search is not None:
            any_of = " or ".join(_SEARCH_COLUMNS[column] for column in wanted.search_in)
            test(f"({any_of})", _pattern(wanted.search))
        test("r.priority = any(?::smallint[])", None if wanted.priorities is None else list(wanted.priorities))
        test("r.timezone = any(?::text[])", None if wanted.timezones is None else list(wanted.timezones))
        test("r.updated_at >= ?", wanted.updated_from)
        test("r.updated_at <= ?", wanted.updated_to)
        if wanted.nothing:
            tests.append("false")
        return " and ".join(tests), values


def _pattern(search: str) -> str:
    """For `like`: text anywhere, in which only `*` stands for more than itself."""
    literal = search.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{literal.replace('*', '%')}%"


def _record(row: Row, list_id: RecordListId) -> Record:
    phones = zip(row["types"] or (), row["numbers"] or (), strict=True)
    return Record(
        RecordId(row["uuid"]),
        list_id,
        row["first_name"],
        row["last_name"],
        tuple((PhoneType.of_code(kind), number_from_int(digits)) for kind, digits in phones),
        row["timezone"],
        row["priority"],
        row["external_provider"],
        row["external_id"],
        row["external_url"],
        row["sync_external_id"],
        row["extra_data"],
        row["created_at"],
        row["updated_at"],
        row["leaving"],
    )
