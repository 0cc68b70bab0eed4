"""The asynchronous client against the real application, in this process."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from outdial.adapters.uploads import UploadFolder
from outdial.api.services import Services
from outdial.app.access import create_client
from outdial.client import AsyncClient, Invalid, NotAllowed, NotFound
from outdial.domain.access import DEFAULT_ACCOUNT, Scope
from tests.api.conftest import BASE_URL, Parts, a_campaign, new_app
from tests.api.conftest import parts as parts
from tests.api.conftest import services as services
from tests.conftest import SetClock


@pytest.fixture
async def app(services: Services, tmp_path: Path) -> AsyncIterator[FastAPI]:
    """The application with its background work running."""
    app = new_app(replace(services, uploads=UploadFolder(tmp_path / "uploads")))
    async with app.router.lifespan_context(app):
        yield app


async def connect(app: FastAPI, services: Services, clock: SetClock, *scopes: Scope) -> AsyncClient:
    made = await create_client(
        DEFAULT_ACCOUNT, name="crm", scopes=scopes or tuple(Scope), access=services.access, clock=clock
    )
    return AsyncClient(BASE_URL, made.client.id, made.secret, transport=httpx.ASGITransport(app))


@pytest.fixture
async def outdial(app: FastAPI, services: Services, clock: SetClock) -> AsyncIterator[AsyncClient]:
    async with await connect(app, services, clock) as client:
        yield client


class TestCampaigns:
    async def test_live_from_their_creation_to_their_deletion(self, outdial: AsyncClient, parts: Parts) -> None:
        campaign = await outdial.create_campaign(a_campaign())
        assert campaign["status"] == "INCOMPLETE"
        await outdial.assign(campaign["id"], "record-lists", [{"id": await parts.record_list()}])
        await outdial.assign(campaign["id"], "users", [{"id": await parts.user()}])
        await parts.number("+12025550142")
        await outdial.assign(campaign["id"], "numbers", [{"phone_number": "+12025550142"}])
        assert (await outdial.campaign(campaign["id"]))["status"] == "READY"
        assert (await outdial.rename_campaign(campaign["id"], "Renewals south"))["name"] == "Renewals south"
        assert (await outdial.start_campaign(campaign["id"]))["status"] == "RUNNING"
        assert (await outdial.campaign_activity(campaign["id"]))["reason"] == "no dialer is running"
        assert (await outdial.pause_campaign(campaign["id"]))["status"] == "PAUSED"
        await outdial.delete_campaign(campaign["id"])
        with pytest.raises(NotFound) as refused:
            await outdial.campaign(campaign["id"])
        assert (refused.value.status, refused.value.code) == (404, "0530002")

    async def test_are_listed_over_as_many_pages_as_it_takes(self, outdial: AsyncClient) -> None:
        names = [f"Campaign {number}" for number in range(5)]
        for name in names:
            await outdial.create_campaign(a_campaign(name=name))
        found = [each["name"] async for each in outdial.campaigns(per_page=2, order_by="name:asc")]
        assert found == names
        page = await outdial.campaign_page(3, per_page=2, order_by="name:asc")
        assert ([each["name"] for each in page.items], page.total, page.total_pages) == (names[4:], 5, 3)

    async def test_show_what_is_assigned_and_forget_what_is_not(self, outdial: AsyncClient, parts: Parts) -> None:
        campaign = (await outdial.create_campaign(a_campaign()))["id"]
        users = [await parts.user() for _ in range(3)]
        await outdial.assign(campaign, "users", [{"id": user} for user in users])
        assert {each["id"] async for each in outdial.assigned(campaign, "users", per_page=2)} == set(users)
        await outdial.unassign(campaign, "users", [{"id": users[0]}])
        assert {each["id"] async for each in outdial.assigned(campaign, "users")} == set(users[1:])


class TestRefusals:
    async def test_name_every_wrong_member_and_the_request(self, outdial: AsyncClient) -> None:
        with pytest.raises(Invalid) as refused:
            await outdial.create_campaign(a_campaign(name="x", priority=11))
        assert {field.name for field in refused.value.fields} == {"name", "priority"}
        assert refused.value.request_id

    async def test_tell_a_missing_scope(self, app: FastAPI, services: Services, clock: SetClock) -> None:
        async with await connect(app, services, clock, Scope.CAMPAIGNS_READ) as reader:
            with pytest.raises(NotAllowed) as refused:
                await reader.create_campaign(a_campaign())
        assert refused.value.status == 403

    async def test_tell_a_wrong_secret(self, app: FastAPI, outdial: AsyncClient) -> None:
        async with AsyncClient(BASE_URL, "nobody", "wrong", transport=httpx.ASGITransport(app)) as stranger:
            with pytest.raises(NotAllowed) as refused:
                await stranger.campaign("x")
        assert refused.value.code == "invalid_client"


async def test_an_expired_token_is_replaced_without_a_word(outdial: AsyncClient, clock: SetClock) -> None:
    created = await outdial.create_campaign(a_campaign())
    clock.advance(3600)
    assert (await outdial.campaign(created["id"]))["id"] == created["id"]


async def test_a_creation_whose_answer_was_lost_happens_once(
    app: FastAPI, services: Services, clock: SetClock, outdial: AsyncClient
) -> None:
    class LosesTheFirstCreation(httpx.ASGITransport):
        lost = False

        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            answer = await super().handle_async_request(request)
            if answer.status_code == 201 and not self.lost:
                self.lost = True
                raise httpx.ReadError("connection reset", request=request)
            return answer

    transport = LosesTheFirstCreation(app)
    made = await create_client(DEFAULT_ACCOUNT, name="x", scopes=tuple(Scope), access=services.access, clock=clock)
    async with AsyncClient(BASE_URL, made.client.id, made.secret, transport=transport, sleep=clock.sleep) as unlucky:
        created = await unlucky.create_campaign(a_campaign())
    assert transport.lost
    assert [each["id"] async for each in outdial.campaigns()] == [created["id"]]


class TestRecordLists:
    async def test_are_made_of_a_file_with_progress(self, outdial: AsyncClient, tmp_path: Path) -> None:
        # Larger than one piece of reading, and with more records than a page of this test.
        file = tmp_path / "a list with quite a long name for February.csv"
        rows = [f"Ana,{'Costa' * 2000},+1202555{number:04}" for number in range(100, 160)]
        file.write_text("\n".join(["First name,Last name,Mobile", *rows]))
        said: list[tuple[int, int]] = []
        sent = await outdial.upload_new_list("February", file, progress=lambda *so_far: said.append(so_far))
        size = file.stat().st_size
        assert len(said) > 1
        assert said == sorted(said)
        assert said[-1] == (size, size)
        done = await outdial.wait_for_list(sent["id"])
        assert done["status"] in {"ACCEPTED", "REJECTED"}

    async def test_have_records_to_go_through(self, outdial: AsyncClient, tmp_path: Path) -> None:
        file = tmp_path / "feb.csv"
        numbers = [f"+1202555{number:04}" for number in range(100, 107)]
        file.write_text("\n".join(["First name,Last name,Mobile", *(f"Ana,Costa,{number}" for number in numbers)]))
        sent = await outdial.upload_new_list("February", file)
        done = await outdial.wait_for_list(sent["id"])
        assert (done["status"], done["records_count"]) == ("ACCEPTED", 7)
        found = [record["phone_numbers"][0]["phone_number"] async for record in outdial.records(done["id"], per_page=3)]
        assert sorted(found) == numbers

    async def test_take_more_files_later(self, outdial: AsyncClient, tmp_path: Path) -> None:
        file = tmp_path / "feb.csv"
        file.write_text("First name,Last name,Mobile\nAna,Costa,+12025550142\n")
        made = await outdial.create_record_list("February")
        request = await outdial.upload_to_list(made["id"], file)
        assert (request["record_list_id"], request["status"]) == (made["id"], "UPLOADED")

    async def test_are_updated_by_a_file_that_is_to_do_so(self, outdial: AsyncClient, tmp_path: Path) -> None:
        file = tmp_path / "feb.csv"
        file.write_text("First name,Last name,Mobile\nAna,Costa,+12025550142\nAna,Lima,+12025550142\n")
        made = await outdial.upload_new_list("February", file, duplicates="UPDATE")
        await outdial.wait_for_list(made["id"])
        (upload,) = [one async for one in outdial.uploads(made["id"])]
        assert (upload["accepted"], upload["updated"], upload["duplicates"]) == (1, 1, 0)
        assert (await outdial.check_for_list(made["id"], file, duplicates="UPDATE"))["updated"] == 2
        await outdial.upload_to_list(made["id"], file, duplicates="UPDATE")
        later = [await outdial.wait_for_upload(one["id"]) async for one in outdial.uploads(made["id"])]
        assert sorted(one["updated"] for one in later) == [0, 1, 2]
        assert [record["last_name"] async for record in outdial.records(made["id"])] == ["Lima"]

    async def test_a_file_that_is_no_list_is_told(self, outdial: AsyncClient, tmp_path: Path) -> None:
        file = tmp_path / "feb.csv"
        file.write_bytes(b"\xff\xfe")
        sent = await outdial.upload_new_list("February", file)
        assert (await outdial.wait_for_list(sent["id"]))["status"] == "CORRUPTED"

    async def test_are_found_by_their_name(self, outdial: AsyncClient) -> None:
        made = await outdial.create_record_list("February", unique_by="NOTHING")
        assert made["unique_identifier_type"] == "NOTHING"
        assert [each["id"] async for each in outdial.record_lists(name="February")] == [made["id"]]
        assert (await outdial.record_list(made["id"]))["name"] == "February"


class TestDncLists:
    async def test_tell_which_numbers_must_not_be_called(self, outdial: AsyncClient) -> None:
        made = await outdial.create_dnc_list("Do not call")
        blocked = {f"+1202555{number:04}" for number in (101, 700)}
        for number in blocked:
            await outdial.add_dnc_entry(made["id"], number, reason="asked for it")
        # The day of the test's clock is long past this one.
        await outdial.add_dnc_entry(made["id"], "+12025550102", expiration_date="2026-01-31")
        asked = [f"+1202555{number:04}" for number in range(100, 800)]
        found = await outdial.check_numbers(made["id"], asked, timezone="America/New_York")
        assert {entry["phone_number"] for entry in found} == blocked
        assert [each["id"] async for each in outdial.dnc_lists()] == [made["id"]]
