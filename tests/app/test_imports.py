"""A CSV file becomes a record list, or the reason why not."""

import asyncio
import csv
import io
from collections import Counter
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from outdial.adapters.clock import SeededIds
from outdial.adapters.storage.database import Database
from outdial.adapters.storage.unit_of_work import SqlStorage
from outdial.adapters.uploads import UploadFolder, text_of
from outdial.app.importer import Importer
from outdial.app.imports import ImportReport, import_rows, write_rejects
from outdial.app.record_lists import add_list
from outdial.app.uploads import cancel
from outdial.domain.access import Principal
from outdial.domain.readings import DuplicateRule, Reading
from outdial.domain.record_lists import FileFacts, ListStatus, UniqueBy, Upload, UploadId
from outdial.domain.values import AccountId, RecordListId
from outdial.ports.clock import Clock
from outdial.ports.uploads import TextSource
from tests.builders.lists import RAGGED, make_list
from tests.conftest import SetClock

HEADER = "First name,Last name,Mobile,Home,Timezone,Priority,Plan\n"
ANA = "Ana,Costa,+12025550142,,,,gold\n"
BEA = "Bea,Silva,+12025550177,+12025550178,Europe/Lisbon,7,\n"


@dataclass(frozen=True)
class Desk:
    """A database with one account, and a folder of files to import."""

    account: AccountId
    database: Database
    storage: SqlStorage
    clock: SetClock
    ids: SeededIds
    folder: Path

    async def new_list(self, unique_by: UniqueBy = UniqueBy.PHONE_NUMBER, *, waits: bool = True) -> RecordListId:
        async with self.storage.unit_of_work(self.account) as uow:
            made = await add_list(uow, name="L", unique_by=unique_by, waits=waits, clock=self.clock, ids=self.ids)
        return made.id

    async def upload(self, list_id: RecordListId, content: bytes | str, reading: Reading | None = None) -> Upload:
        """A file of the list that has been sent and waits to be read."""
        upload_id = UploadId(self.ids.new("upload_request"))
        now = self.clock.now()
        upload = Upload(
            upload_id,
            list_id,
            ListStatus.UPLOADED,
            FileFacts(),
            now,
            True,
            upload_id.hex,
            stored_bytes=1,
            reading=reading,
        )
        self.file(upload.stored_as, content)
        async with self.storage.unit_of_work(self.account) as uow:
            await uow.uploads.add(upload, now)
            await uow.uploads.save(upload, now)
        return upload

    def file(self, name: str, content: bytes | str) -> TextSource:
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return text_of(path)

    async def load(self, content: bytes | str, into: RecordListId, **how: Any) -> ImportReport:
        return await import_rows(
            self.account,
            into,
            self.file("list.csv", content),
            storage=self.storage,
            clock=self.clock,
            ids=self.ids,
            **how,
        )

    async def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        async with self.database.connection() as connection:
            return [tuple(row.values()) for row in await connection.fetch(sql, *values)]

    async def status(self, list_id: RecordListId) -> ListStatus:
        async with self.storage.unit_of_work(self.account) as uow:
            return (await uow.record_lists.get(list_id)).status

    async def topics(self) -> list[str]:
        return [topic for (topic,) in await self.rows("select topic from outbox order by id")]


@pytest.fixture
async def desk(database: Database, storage: SqlStorage, clock: SetClock, tmp_path: Path) -> Desk:
    async with database.transaction() as connection:
        sql = "insert into account (name, created_at) values ('desk', $1) returning id"
        account = await connection.fetchval(sql, clock.now())
    return Desk(AccountId(account), database, storage, clock, SeededIds(7), tmp_path)


class TestAGoodFile:
    async def test_becomes_records_in_the_order_of_the_file(self, desk: Desk) -> None:
        list_id = await desk.new_list()
        report = await desk.load(HEADER + BEA + ANA, list_id)
        assert (report.status, report.rows, report.accepted) == (ListStatus.ACCEPTED, 2, 2)
        assert await desk.rows("select first_name, timezone, priority, extra_data from record order by seq") == [
            ("Bea", "Europe/Lisbon", 7, {}),
            ("Ana", None, 5, {"Plan": "gold"}),
        ]
        assert await desk.rows("select position, phone_type, e164 from record_phone order by record_id, position") == [
            (0, 1, 12025550177),
            (1, 2, 12025550178),
            (0, 1, 12025550142),
        ]
        found = await desk.rows(
            "select z.names from record_phone p join zone z on z.id = p.zone_id order by p.record_id, p.position"
        )
        assert found == [(["Europe/Lisbon"],), (["Europe/Lisbon"],), (["America/New_York"],)]

    async def test_tells_the_list_how_many_and_how_far(self, desk: Desk) -> None:
        list_id = await desk.new_list()
        await desk.load(HEADER + ANA + BEA, list_id)
        assert await desk.rows(
            "select status, records_count, last_seq = (select max(seq) from record) from record_list"
        ) == [("ACCEPTED", 2, True)]

    async def test_is_announced_after_each_chunk_and_at_its_ends(self, desk: Desk) -> None:
        list_id = await desk.new_list()
        seen: list[tuple[int, int]] = []
        await desk.load(HEADER + ANA + BEA, list_id, chunk_rows=1, progress=lambda done, of: seen.append((done, of)))
        assert seen == [(1, 2), (2, 2)]
        assert await desk.topics() == ["record_list.changed"] * 2 + ["records.added"] * 2 + ["record_list.changed"]

    async def test_may_begin_with_a_byte_order_mark_and_spell_its_columns_as_it_likes(self, desk: Desk) -> None:
        content = b"\xef\xbb\xbfFIRST_NAME, last name ,extra 1,Priority\r\nZo\xc3\xab,Costa,+12025550142,\r\n"
        report = await desk.load(content, await desk.new_list())
        assert report.accepted == 1
        assert await desk.rows("select first_name, p.phone_type from record join record_phone p on true") == [
            ("Zoë", 4)
        ]

    async def test_may_have_the_single_phone_column_of_old(self, desk: Desk) -> None:
        await desk.load("First name,Last name,Phone\nAna,Costa,+12025550142\n", await desk.new_list())
        assert await desk.rows("select phone_type from record_phone") == [(1,)]

    async def test_says_how_many_of_its_rows_are_on_do_not_call_lists_and_stores_them_all_the_same(
        self, desk: Desk
    ) -> None:
        async with desk.database.connection() as connection:
            await connection.execute(
                """with l as (insert into dnc_list (uuid, account_id, name, status, created_at, updated_at)
                     values (gen_random_uuid(), $1, 'Opt-outs', 'ACCEPTED', $2, $2) returning id)
                   insert into dnc_entry (uuid, list_id, e164, expires_on, created_at, updated_at)
                   select gen_random_uuid(), l.id, n.e164, n.until, $2, $2 from l,
                     (values (12025550178, null::date), (12025550142, '2026-05-31')) as n(e164, until)""",
                desk.account,
                desk.clock.now(),
            )
        report = await desk.load(HEADER + ANA + BEA, await desk.new_list())  # Ana's entry ended yesterday
        assert (report.accepted, report.on_do_not_call_lists) == (2, 1)
        assert ImportReport.from_json(report.as_json()).on_do_not_call_lists == 1

    async def test_gives_the_same_records_the_same_identity_under_the_same_seed(self, desk: Desk) -> None:
        list_id = await desk.new_list()
        await desk.load(HEADER + ANA, list_id)
        ((uuid, seq),) = await desk.rows("select uuid, seq from record")
        assert uuid == SeededIds(7).new("record", list_id, seq)

    async def test_keeps_every_zone_set_once(self, desk: Desk) -> None:
        await desk.load(HEADER + ANA + BEA, await desk.new_list())
        await desk.load(HEADER + ANA + BEA, await desk.new_list())
        assert await desk.rows("select id, names from zone order by id") == [
            (1, ["America/New_York"]),
            (2, ["Europe/Lisbon"]),
        ]


class TestTheReport:
    @pytest.mark.parametrize(
        ("how", "chunk_rows"),
        [
            ({}, 70),
            ({"bad": {"phone_letters": 5, "bad_priority": 3, RAGGED: 6}}, 1000),
            ({"line_breaks_in_cells": True, "byte_order_mark": True, "line_end": "\n"}, 33),
        ],
    )
    async def test_is_what_the_maker_of_the_list_knows(self, desk: Desk, how: dict[str, Any], chunk_rows: int) -> None:
        made = make_list(400, seed=len(how), **({"bad": 40} | how))
        report = (await desk.load(made.csv_bytes, await desk.new_list(), chunk_rows=chunk_rows)).as_json()
        assert {name: report[name] for name in made.expected} == made.expected
        stored = await desk.rows("select first_name, last_name, external_id from record order by seq")
        assert stored == [(row["First name"], row["Last name"], row["External ID"]) for row in made.accepted_rows]

    async def test_names_the_line_on_which_a_row_begins(self, desk: Desk) -> None:
        two_lines = 'Cem,Kaya,+12025550143,,,,"one\ntwo"\n'
        report = await desk.load(HEADER + two_lines + "\n" + ",Kaya,+12025550144,,,,\n", await desk.new_list())
        assert report.lines == [(5, "missing_first_name")]
        assert report.rows == 2

    async def test_refuses_ragged_rows_one_by_one(self, desk: Desk) -> None:
        report = await desk.load(HEADER + "Cem,Kaya\n" + ANA + ANA.strip() + ",more\n", await desk.new_list())
        assert report.lines == [(2, "wrong_column_count"), (4, "wrong_column_count")]
        assert report.accepted == 1

    async def test_can_be_written_with_the_rows_as_they_came(self, desk: Desk, tmp_path: Path) -> None:
        rows = 'Cem,Kaya,call me,,,,"a, b"\n' + ANA + ANA + "Dov,Levi\n" + "E,F,+12025550144,,,,x,y\n"
        report = await desk.load(HEADER + rows, await desk.new_list())
        write_rejects(tmp_path / "rejects.csv", report)
        written = list(csv.reader(io.StringIO((tmp_path / "rejects.csv").read_text(encoding="utf-8"))))
        assert written[0] == [*HEADER.strip().split(","), "row", "column", "value", "code", "message"]
        assert [row[:-1] for row in written[1:]] == [
            ["Cem", "Kaya", "call me", "", "", "", "a, b", "2", "Mobile", "call me", "PHONE_NUMBER_INVALID"],
            [
                "Ana",
                "Costa",
                "+12025550142",
                "",
                "",
                "",
                "gold",
                "4",
                "Mobile",
                "+12025550142",
                "PHONE_NUMBER_NOT_UNIQUE",
            ],
            ["Dov", "Levi", "", "", "", "", "", "5", "", "2", "OTHER"],
            ["E", "F", "+12025550144", "", "", "", "x,y", "6", "", "8", "OTHER"],
        ]
        assert all(row[-1] for row in written[1:])


class TestDuplicates:
    async def test_repeat_any_number_of_the_list_or_of_the_file(self, desk: Desk) -> None:
        list_id = await desk.new_list()
        await desk.load(HEADER + BEA, list_id)
        again = HEADER + ANA + "Cem,Kaya,,+12025550142,,,\n" + "Dov,Levi,+12025550178,,,,\n"
        report = await desk.load(again, list_id, chunk_rows=1)
        assert report.lines == [(3, "duplicate_phone_number"), (4, "duplicate_phone_number")]
        assert (report.accepted, report.rejected, report.duplicates, report.by_kind) == (1, 0, 2, {})

    async def test_are_not_made_by_rows_that_were_refused(self, desk: Desk) -> None:
        report = await desk.load(HEADER + ANA.replace("Costa", "") + ANA, await desk.new_list())
        assert (report.accepted, report.duplicates) == (1, 0)

    async def test_are_looked_for_in_one_list_only(self, desk: Desk) -> None:
        await desk.load(HEADER + ANA, await desk.new_list())
        assert (await desk.load(HEADER + ANA, await desk.new_list())).accepted == 1

    async def test_go_by_the_external_reference_where_the_list_says_so(self, desk: Desk) -> None:
        head = "First name,Last name,Mobile,External ID,External Provider\n"
        rows = [
            "Ana,Costa,+12025550142,K-1,crm\n",
            "Bea,Silva,+12025550142,K-2,crm\n",
            "Cem,Kaya,+12025550143,K-1,crm\n",
        ]
        list_id = await desk.new_list(UniqueBy.EXTERNAL)
        report = await desk.load(head + "".join(rows) + "Dov,Levi,+12025550144,K-3,\n", list_id)
        assert report.lines == [(4, "duplicate_external_reference"), (5, "missing_external_reference")]
        assert (await desk.load(head + rows[0], list_id)).duplicates == 1

    async def test_are_welcome_where_nothing_makes_records_unique(self, desk: Desk) -> None:
        assert (await desk.load(HEADER + ANA + ANA, await desk.new_list(UniqueBy.NOTHING))).accepted == 2


CORRUPTED = {
    "empty": b"",
    "blank": b"\n \n",
    "not utf-8, far down": (HEADER + ANA * 3000).encode() + "Zoë,C,+12025550143,,,,\n".encode("latin-1"),
    "utf-16": (HEADER + ANA).encode("utf-16"),
    "nul": (HEADER + ANA + "Cem\x00,Kaya,+12025550143,,,,\n").encode(),
    "binary": bytes(range(256)) * 40,
    "no header": ANA.encode() + BEA.encode(),
    "no name": b"Last name,Mobile\nCosta,+12025550142\n",
    "no phone": b"First name,Last name,Fax\nAna,Costa,+12025550142\n",
    "semicolons": HEADER.replace(",", ";").encode(),
    "a column twice": HEADER.replace("Home", "mobile").encode() + ANA.encode(),
    "open quote": (HEADER + ANA + 'Cem,"Kaya,+12025550143,,,,\n' + BEA).encode(),
}


class TestAFileThatCannotBeRead:
    @pytest.mark.parametrize("content", CORRUPTED.values(), ids=CORRUPTED.keys())
    async def test_stores_nothing_and_says_why(self, desk: Desk, content: bytes) -> None:
        list_id = await desk.new_list()
        report = await desk.load(content, list_id, chunk_rows=10)
        assert report.status is await desk.status(list_id) is ListStatus.CORRUPTED
        assert report.why_corrupted
        assert await desk.rows("select count(*) from record") == [(0,)]

    async def test_does_not_harm_a_list_that_has_records(self, desk: Desk) -> None:
        list_id = await desk.new_list()
        await desk.load(HEADER + ANA, list_id)
        assert (await desk.load(b"", list_id)).status is ListStatus.CORRUPTED
        assert await desk.status(list_id) is ListStatus.ACCEPTED

    async def test_is_not_one_whose_rows_are_all_bad(self, desk: Desk) -> None:
        list_id = await desk.new_list()
        assert (await desk.load(HEADER + "Cem,Kaya,,,,,\n", list_id)).status is ListStatus.REJECTED
        assert await desk.status(list_id) is ListStatus.REJECTED


class TestAnUploadedFile:
    @pytest.fixture
    def importer(self, desk: Desk) -> Importer:
        return Importer(storage=desk.storage, clock=desk.clock, ids=desk.ids, files=UploadFolder(desk.folder))

    async def state(self, desk: Desk, upload: Upload) -> Upload:
        async with desk.storage.unit_of_work(desk.account) as uow:
            return await uow.uploads.get(upload.id, of=upload.list_id)

    async def test_is_read_in_the_background_and_then_removed(self, desk: Desk, importer: Importer) -> None:
        list_id = await desk.new_list()
        upload = await desk.upload(list_id, HEADER + ANA + ANA)
        async with importer:
            importer.start(desk.account, upload)
            await importer.idle()
        found = await self.state(desk, upload)
        assert (found.status, found.rows_done) == (ListStatus.ACCEPTED, 2)
        assert found.report is not None
        assert found.report["lines"] == [[3, "duplicate_phone_number"]]
        assert list(desk.folder.iterdir()) == []
        assert await desk.rows("select u.uuid from record r join upload_request u on u.id = r.upload_request_id") == [
            (upload.id,)
        ]

    async def test_is_taken_up_where_a_crash_left_it(self, desk: Desk, importer: Importer) -> None:
        made = make_list(60, seed=3, bad=12, duplicates=5)
        upload = await desk.upload(await desk.new_list(), made.csv_bytes)
        with pytest.raises(ConnectionError):
            await self.import_in_tens(desk, upload, _fails_at(30))
        assert (await self.state(desk, upload)).rows_done == 30
        async with importer:
            await importer.resume([desk.account])
            await importer.idle()
        report = (await self.state(desk, upload)).report
        assert report is not None
        assert {name: report[name] for name in made.expected} == made.expected

    async def test_is_stored_once_although_two_servers_read_it(self, desk: Desk, importer: Importer) -> None:
        made = make_list(60, seed=4, bad=12, duplicates=5)
        upload = await desk.upload(await desk.new_list(UniqueBy.NOTHING), made.csv_bytes)
        other = Importer(storage=desk.storage, clock=desk.clock, ids=desk.ids, files=UploadFolder(desk.folder))
        async with importer, other:
            importer.start(desk.account, upload)
            await other.resume([desk.account])
            await importer.idle()
            await other.idle()
        found = await self.state(desk, upload)
        assert (found.status, found.rows_done) == (ListStatus.ACCEPTED, 60)
        assert await desk.rows("select count(*) from record") == [(48,)]

    async def test_that_somebody_cancels_takes_back_what_a_crash_left_of_it(
        self, desk: Desk, importer: Importer
    ) -> None:
        list_id = await desk.new_list()
        await desk.load(HEADER + ANA, list_id)
        upload = await desk.upload(list_id, make_list(60, seed=3, bad=12, duplicates=5).csv_bytes)
        with pytest.raises(ConnectionError):
            await self.import_in_tens(desk, upload, _fails_at(30))
        assert await desk.rows("select count(*) > 10 from record") == [(True,)]
        await self.cancel(desk, upload)
        async with importer:
            await importer.resume([desk.account])
            await importer.idle()
        found = await self.state(desk, upload)
        assert (found.status, found.rows_done) == (ListStatus.REJECTED, 30)
        assert found.report is not None
        assert found.report["accepted"] == 0
        # What was there before stays.
        assert await desk.rows("select first_name from record") == [("Ana",)]
        assert await desk.rows("select records_count from record_list") == [(1,)]
        assert await desk.status(list_id) is ListStatus.ACCEPTED
        assert [path.name for path in desk.folder.iterdir()] == ["list.csv"]

    async def test_that_somebody_cancels_while_it_is_read_leaves_no_record(self, desk: Desk) -> None:
        upload = await desk.upload(await desk.new_list(), make_list(800, seed=3, bad=12, duplicates=5).csv_bytes)
        stored_some = asyncio.Event()

        async def cancel_soon() -> None:
            await stored_some.wait()
            await self.cancel(desk, upload)

        importing = self.import_in_tens(desk, upload, lambda done, of: stored_some.set())
        report, _ = await asyncio.gather(importing, cancel_soon())
        assert report.status is ListStatus.REJECTED
        assert 0 < report.rows < 800
        assert await desk.rows("select count(*) from record") == [(0,)]
        assert await desk.rows("select records_count, status from record_list") == [(0, "REJECTED")]

    async def import_in_tens(self, desk: Desk, upload: Upload, progress: Callable[[int, int], None]) -> ImportReport:
        return await import_rows(
            desk.account,
            upload.list_id,
            text_of(desk.folder / upload.stored_as),
            storage=desk.storage,
            clock=desk.clock,
            ids=desk.ids,
            upload_id=upload.id,
            progress=progress,
            chunk_rows=10,
        )

    async def cancel(self, desk: Desk, upload: Upload) -> None:
        by = Principal(desk.account, "test", frozenset())
        await cancel(upload, by=by, storage=desk.storage, clock=desk.clock, files=UploadFolder(desk.folder))

    async def test_that_is_gone_does_not_keep_the_next_from_being_read(self, desk: Desk, importer: Importer) -> None:
        lost = await desk.upload(await desk.new_list(), HEADER + ANA)
        await UploadFolder(desk.folder).remove(lost.stored_as)
        upload = await desk.upload(await desk.new_list(), HEADER + ANA)
        async with importer:
            importer.start(desk.account, lost)
            importer.start(desk.account, upload)
            await importer.idle()
        assert (await self.state(desk, lost)).status is ListStatus.CORRUPTED
        assert (await self.state(desk, upload)).status is ListStatus.ACCEPTED


class TestAFileThatUpdatesRecords:
    """Of 80 people the list has 20; the file has all of them but for 4 that are wrong, and every tenth twice."""

    UPDATES = Reading(duplicates=DuplicateRule.UPDATE)
    PEOPLE = tuple(f"+120255501{n:02}" for n in range(80))
    ROWS = (
        *(f"{'' if n % 20 == 5 else 'New'},N {n},{phone},,,{n % 10 + 1},\n" for n, phone in enumerate(PEOPLE)),
        *(f"Newest,N,,{phone},,,gold\n" for phone in PEOPLE[::10]),
    )
    FILE = HEADER + "".join(ROWS)

    async def a_list(self, desk: Desk) -> RecordListId:
        list_id = await desk.new_list()
        rows = "".join(f"Old,N,{phone},,Europe/Lisbon,,old\n" for phone in self.PEOPLE[::4])
        assert (await desk.load(HEADER + rows, list_id)).accepted == 20
        return list_id

    def is_whole(self, report: ImportReport) -> bool:
        return (report.rows, report.accepted, report.updated, report.rejected, report.duplicates) == (88, 56, 28, 4, 0)

    async def load(
        self, desk: Desk, upload: Upload, *, chunk_rows: int = 7, clock: Clock | None = None, **how: Any
    ) -> ImportReport:
        source = text_of(desk.folder / upload.stored_as)
        how |= {"clock": clock or desk.clock, "ids": desk.ids, "chunk_rows": chunk_rows}
        return await import_rows(desk.account, upload.list_id, source, storage=desk.storage, upload_id=upload.id, **how)

    async def stored(self, desk: Desk) -> list[tuple[Any, ...]]:
        """All that records are, but for their identity."""
        return await desk.rows(
            """select first_name, last_name, timezone, priority, external_id, extra_data, updated_at,
                 (select array_agg((phone_type, e164, zone_id)::text order by position) from record_phone
                  where record_id = r.id) as phones
               from record r order by seq"""
        )

    async def test_stores_and_reports_the_same_however_it_is_cut(self, desk: Desk, database: Database) -> None:
        found = []
        for chunk_rows in (1, 7, 1_000):
            upload = await desk.upload(await self.a_list(desk), self.FILE, self.UPDATES)
            report = await self.load(desk, upload, chunk_rows=chunk_rows)
            assert self.is_whole(report)
            # In each chunk records that were there come before those that are new: their places differ, and no more.
            found.append((report.as_json(), sorted(await self.stored(desk), key=str)))
            assert await desk.rows("select records_count from record_list") == [(76,)]
            async with database.transaction() as connection:
                await connection.execute("delete from record_list")
        assert found[0] == found[1] == found[2]
        first_names = Counter(row[0] for row in found[0][1])
        assert first_names == {"New": 68, "Newest": 8}
        assert Counter((row[2], str(row[5])) for row in found[0][1] if row[0] == "Newest") == {
            ("Europe/Lisbon", "{'Plan': 'gold'}"): 4,
            (None, "{'Plan': 'gold'}"): 4,
        }

    async def test_is_taken_up_where_a_crash_left_it_with_the_result_it_would_have_had(self, desk: Desk) -> None:
        upload = await desk.upload(await self.a_list(desk), self.FILE, self.UPDATES)
        with pytest.raises(ConnectionError):
            await self.load(desk, upload, progress=_fails_at(35))
        assert await desk.rows("select rows_done from upload_request") == [(35,)]
        assert self.is_whole(await self.load(desk, upload))
        assert await desk.rows("select records_count from record_list") == [(76,)]
        assert await desk.rows("select count(*) from record where first_name = 'Newest'") == [(8,)]

    async def test_changes_nothing_when_it_comes_again(self, desk: Desk) -> None:
        list_id = await self.a_list(desk)
        rows = HEADER + "".join(row for row in self.ROWS if row.startswith("New,"))
        await self.load(desk, await desk.upload(list_id, rows, self.UPDATES))
        before = await self.stored(desk)
        desk.clock.advance(60)
        report = await self.load(desk, await desk.upload(list_id, rows, self.UPDATES))
        assert (report.accepted, report.updated, report.status) == (0, 76, ListStatus.ACCEPTED)
        assert await self.stored(desk) == before

    async def test_that_somebody_cancels_takes_its_own_records_back_and_leaves_others_updated(self, desk: Desk) -> None:
        list_id = await desk.new_list()
        await desk.load(HEADER + ANA, list_id)
        upload = await desk.upload(list_id, HEADER + ANA.replace("Costa", "Lima") + BEA, self.UPDATES)
        with pytest.raises(ConnectionError):
            await self.load(desk, upload, progress=_fails_at(2))
        by = Principal(desk.account, "test", frozenset())
        await cancel(upload, by=by, storage=desk.storage, clock=desk.clock, files=UploadFolder(desk.folder))
        report = await self.load(desk, upload)
        assert (report.status, report.accepted, report.updated) == (ListStatus.REJECTED, 0, 1)
        assert await desk.rows("select first_name, last_name from record") == [("Ana", "Lima")]

    async def test_waits_for_the_dialer_which_never_waits_for_it(self, desk: Desk) -> None:
        list_id = await desk.new_list()
        await desk.load(HEADER + ANA + BEA, list_id)
        async with desk.database.transaction() as connection:
            await connection.execute(
                """with c as (insert into campaign (uuid, account_id, name, name_folded, status, priority, dialing_mode,
                     created_at, updated_at)
                     values (gen_random_uuid(), $1, 'C', 'c', 'RUNNING', 5, 'PREDICTIVE', $2, $2) returning id)
                   insert into dial_item (campaign_id, record_id, list_id, seq, priority, position, e164, phone_type,
                     zone_id)
                   select c.id, r.id, r.list_id, r.seq, r.priority, 0, p.e164, p.phone_type, p.zone_id
                   from c, record r join record_phone p on p.record_id = r.id and p.position = 0""",
                desk.account,
                desk.clock.now(),
            )
        upload = await desk.upload(list_id, HEADER + ANA.replace("Costa", "Lima"), self.UPDATES)
        async with AsyncExitStack() as dialer:
            connection = await dialer.enter_async_context(desk.database.transaction())
            await connection.execute("update dial_item set state = 'C' where e164 = 12025550142")
            clock = _LetsGo(desk.clock.at, dialer)
            report = await self.load(desk, upload, clock=clock)
        assert (report.updated, clock.slept) == (1, 1)
        assert await desk.rows(
            "select last_name, i.state from record r join dial_item i on i.record_id = r.id order by 1"
        ) == [
            ("Lima", b"C"),
            ("Silva", b"R"),
        ]


class _LetsGo(SetClock):
    """A clock during whose first sleep the dialer ends its transaction."""

    def __init__(self, at: datetime, dialer: AsyncExitStack) -> None:
        super().__init__(at)
        self._dialer, self.slept = dialer, 0

    async def sleep(self, seconds: float) -> None:
        self.slept += 1
        await self._dialer.aclose()


def _fails_at(rows: int) -> Callable[[int, int], None]:
    def progress(done: int, _: int) -> None:
        if done >= rows:
            raise ConnectionError("pulled out")

    return progress


async def test_two_imports_into_one_list_share_no_number_and_commit_in_order(desk: Desk) -> None:
    list_id = await desk.new_list()
    made = make_list(80, seed=5, bad=0, duplicates=0)

    async def load(name: str) -> ImportReport:
        source = desk.file(name, made.csv_bytes)
        how: dict[str, Any] = {"storage": desk.storage, "clock": desk.clock, "ids": desk.ids, "chunk_rows": 7}
        return await import_rows(desk.account, list_id, source, **how)

    first, second = await asyncio.gather(load("a.csv"), load("b.csv"))
    assert first.accepted + second.accepted == 80
    assert first.duplicates + second.duplicates == 80
    assert await desk.rows("select records_count from record_list") == [(80,)]
