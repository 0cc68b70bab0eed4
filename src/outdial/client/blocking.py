"""The client for ordinary code: every method returns when it is done."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar, Unpack

import httpx
from tenacity import Retrying
from tenacity.stop import stop_after_attempt

from outdial.client.calls import Answer, Ask, Call, Calls, OnRows, Pause, unwatched
from outdial.client.errors import Unreachable
from outdial.client.files import CsvFile, OnProgress, nobody
from outdial.client.messages import TIMEOUT, answer_of, request_of, unreachable
from outdial.client.model import (
    Activity,
    Assigned,
    AssignedKind,
    Callback,
    CallbackFilter,
    Campaign,
    CampaignFilter,
    Check,
    DncEntry,
    DncList,
    Duplicates,
    ListKind,
    NewRecord,
    NextRecords,
    NumberToAssign,
    Page,
    Reasons,
    Record,
    RecordFilter,
    RecordList,
    RecordWhy,
    RefusedRecord,
    Team,
    UniqueBy,
    Upload,
    UploadRequest,
)
from outdial.client.retries import Patience, again_if, last_word

T = TypeVar("T")


class Client:
    """One account of one server, used by one thread at a time.

    Every method raises `ApiError` when the API refuses and `Unreachable` when no answer comes. Requests are repeated
    with growing pauses when no connection could be made; also when it broke, or when the server says 429 or 503, except
    for patches and files. Creations carry an idempotency key, so that they happen once; a deletion whose first answer
    was lost may end in `NotFound`.

    Args:
        base_url: where the API is, such as `https://dialer.example.com`.
        transport: how to send, instead of the network.
        sleep: how to wait, in seconds.
    """

    def __init__(
        self,
        base_url: str,
        client_id: str,
        client_secret: str,
        *,
        patience: Patience | None = None,
        transport: httpx.BaseTransport | None = None,
        timeout: httpx.Timeout = TIMEOUT,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._http = httpx.Client(base_url=base_url, transport=transport, timeout=timeout)
        self._calls = Calls(client_id, client_secret)
        self._patience, self._sleep = patience or Patience(), sleep

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def _run(self, call: Call[T]) -> T:
        """Carry out the steps of a call."""
        answer: Answer | None = None
        try:
            while True:
                step = call.send(answer)
                match step:
                    case Ask():
                        answer = self._exchange(step)
                    case Pause(seconds):
                        self._sleep(seconds)
                        answer = None
        except StopIteration as done:
            result: T = done.value
            return result

    def _exchange(self, ask: Ask) -> Answer:
        retrying = Retrying(
            sleep=self._sleep,
            stop=stop_after_attempt(self._patience.attempts),
            wait=self._patience.pause,
            retry=again_if(ask),
            retry_error_callback=last_word,
        )
        try:
            return retrying(self._send, ask)
        except httpx.TransportError as error:
            raise Unreachable(unreachable(self._http.base_url, error)) from error

    def _send(self, ask: Ask) -> Answer:
        content = None if ask.file is None else ask.file.pieces(ask.progress)
        return answer_of(self._http.send(request_of(self._http, ask, content)))

    def _each(self, page_of: Callable[[int], Call[Page[T]]]) -> Iterator[T]:
        number = 1
        while True:
            page = self._run(page_of(number))
            yield from page.items
            if number >= page.total_pages:
                return
            number += 1

    # Campaigns -------------------------------------------------------------------------------------------------------

    def campaigns(self, *, per_page: int = 50, **which: Unpack[CampaignFilter]) -> Iterator[Campaign]:
        """All campaigns that fit, page by page as they are needed."""
        return self._each(lambda page: self._calls.campaign_page(page, per_page, which))

    def campaign_page(self, page: int = 1, *, per_page: int = 50, **which: Unpack[CampaignFilter]) -> Page[Campaign]:
        """One page of the campaigns that fit."""
        return self._run(self._calls.campaign_page(page, per_page, which))

    def campaign(self, campaign_id: str) -> Campaign:
        return self._run(self._calls.get_campaign(campaign_id))

    def create_campaign(self, campaign: Mapping[str, Any]) -> Campaign:
        """Make a campaign of a body as `POST /campaigns` takes it."""
        return self._run(self._calls.create_campaign(campaign))

    def duplicate_campaign(self, source_id: str, changes: Mapping[str, Any]) -> Campaign:
        """Make a campaign like another one; `changes` go before what it has, and need a name."""
        return self._run(self._calls.duplicate_campaign(source_id, changes))

    def start_campaign(self, campaign_id: str) -> Campaign:
        """Ask for the campaign to run; its activity tells when calls are placed."""
        return self._run(self._calls.change_campaign(campaign_id, "status", "RUNNING"))

    def pause_campaign(self, campaign_id: str) -> Campaign:
        """No new calls; those in progress end as they would."""
        return self._run(self._calls.change_campaign(campaign_id, "status", "PAUSED"))

    def rename_campaign(self, campaign_id: str, name: str) -> Campaign:
        return self._run(self._calls.change_campaign(campaign_id, "name", name))

    def delete_campaign(self, campaign_id: str) -> None:
        self._run(self._calls.delete_campaign(campaign_id))

    def ask_forecast(self, campaign_id: str, question: Mapping[str, Any]) -> dict[str, Any]:
        """Ask how a campaign will go on; look at `forecast` until it is `DONE`."""
        return self._run(self._calls.ask_forecast(campaign_id, question))

    def forecast(self, campaign_id: str, forecast_id: str) -> dict[str, Any]:
        """A forecast, as far as it is made."""
        return self._run(self._calls.forecast(campaign_id, forecast_id))

    def campaign_calibration(self, campaign_id: str) -> dict[str, Any]:
        """How well the predictive pacer foresaw a campaign that it watched as its shadow."""
        return self._run(self._calls.campaign_calibration(campaign_id))

    def campaign_verdicts(self, campaign_id: str) -> dict[str, Any]:
        """How well a campaign tells people from machines, by what agents say of its calls."""
        return self._run(self._calls.campaign_verdicts(campaign_id))

    def campaign_activity(self, campaign_id: str) -> Activity:
        """What the campaign is doing, why, and how far it is."""
        return self._run(self._calls.campaign_activity(campaign_id))

    def campaign_reasons(self, campaign_id: str) -> Reasons:
        """How many records each rule binds; the counts sum to all records of the campaign's lists."""
        return self._run(self._calls.campaign_reasons(campaign_id))

    def campaign_next(self, campaign_id: str, count: int = 20) -> NextRecords:
        """Who is dialed next, at most `count` (up to 100), in order."""
        return self._run(self._calls.campaign_next(campaign_id, count))

    def record_why(self, campaign_id: str, record_id: str) -> RecordWhy:
        """Why one record is or is not dialed now, and when it can be."""
        return self._run(self._calls.record_why(campaign_id, record_id))

    def assigned(self, campaign_id: str, kind: AssignedKind, *, per_page: int = 50) -> Iterator[Assigned]:
        return self._each(lambda page: self._calls.assigned_page(campaign_id, kind, page, per_page))

    def assign(self, campaign_id: str, kind: AssignedKind, things: Sequence[NumberToAssign]) -> None:
        self._run(self._calls.assign(campaign_id, kind, things))

    def unassign(self, campaign_id: str, kind: AssignedKind, things: Sequence[NumberToAssign]) -> None:
        self._run(self._calls.unassign(campaign_id, kind, things))

    # Record lists ----------------------------------------------------------------------------------------------------

    def record_lists(self, *, name: str | None = None, per_page: int = 50) -> Iterator[RecordList]:
        return self._each(lambda page: self._calls.record_list_page(page, per_page, name))

    def record_list(self, list_id: str) -> RecordList:
        return self._run(self._calls.get_record_list(list_id))

    def create_record_list(self, name: str, *, unique_by: UniqueBy = "PHONE_NUMBER") -> RecordList:
        """A list without a file, to which records are added."""
        return self._run(self._calls.create_record_list(name, unique_by))

    def upload_new_list(
        self,
        name: str,
        path: Path,
        *,
        unique_by: UniqueBy = "PHONE_NUMBER",
        duplicates: Duplicates = "REFUSE",
        progress: OnProgress = nobody,
    ) -> RecordList:
        """Make a list of a CSV file; `wait_for_list` tells what came of it."""
        file = CsvFile.at(path)
        return self._run(self._calls.upload_new_list(name, file, unique_by, duplicates, progress))

    def upload_to_list(
        self, list_id: str, path: Path, *, duplicates: Duplicates = "REFUSE", progress: OnProgress = nobody
    ) -> UploadRequest:
        """Send one more CSV file to a list; with `duplicates`, what becomes of rows of records that it has."""
        file = CsvFile.at(path)
        return self._run(self._calls.upload_to_list(list_id, file, duplicates, progress))

    def check_for_list(
        self, list_id: str, path: Path, *, duplicates: Duplicates = "REFUSE", progress: OnProgress = nobody
    ) -> Check:
        """What an import of a CSV file into a list would report; nothing is stored."""
        file = CsvFile.at(path)
        return self._run(self._calls.check_for_list(list_id, file, duplicates, progress))

    def wait_for_list(self, list_id: str, *, seconds: float = 600.0) -> RecordList:
        """The list once its first file has been read. Raises `NotFinished` after so many seconds of waiting."""
        return self._run(self._calls.wait_for_list(list_id, seconds))

    def uploads(self, list_id: str, *, per_page: int = 50) -> Iterator[Upload]:
        """The files that a record list has been or will be sent, the newest first."""
        return self._each(lambda page: self._calls.upload_page(list_id, page, per_page))

    def upload(self, upload_id: str) -> Upload:
        return self._run(self._calls.get_upload(upload_id))

    def wait_for_upload(self, upload_id: str, *, seconds: float = 600.0, progress: OnRows = unwatched) -> Upload:
        """The file once it has been read. Raises `NotFinished` after so many seconds of waiting."""
        return self._run(self._calls.wait_for_upload(upload_id, seconds, progress))

    def upload_rejects(self, upload_id: str) -> bytes:
        """The rows of a file that were not taken and why, as a CSV file."""
        return self._run(self._calls.upload_rejects(upload_id))

    def records(self, list_id: str, *, per_page: int = 500, **which: Unpack[RecordFilter]) -> Iterator[Record]:
        """All records of a list that fit, page by page as they are needed."""
        return self._each(lambda page: self._calls.record_page(list_id, page, per_page, which))

    def record(self, list_id: str, record_id: str) -> Record:
        return self._run(self._calls.get_record(list_id, record_id))

    def add_record(self, list_id: str, record: NewRecord) -> Record:
        """Add one record; without a priority it is dialed before all that have one."""
        return self._run(self._calls.add_record(list_id, record))

    def add_records(self, list_id: str, records: Sequence[NewRecord]) -> list[Record | RefusedRecord]:
        """Add many; for each, in their order, the record that was stored, or with `errors` what was not."""
        return self._run(self._calls.add_records(list_id, records))

    def change_record(self, list_id: str, record_id: str, **changes: Any) -> Record:
        """Give members of a record new values: `priority`, `first_name`, `extra_data` and so on."""
        return self._run(self._calls.change_record(list_id, record_id, changes))

    def delete_record(self, list_id: str, record_id: str) -> None:
        """Delete a record; one that is on a call goes right after it."""
        self._run(self._calls.delete_record(list_id, record_id))

    # Do-not-call lists -----------------------------------------------------------------------------------------------

    def dnc_lists(self, *, name: str | None = None, per_page: int = 50) -> Iterator[DncList]:
        return self._each(lambda page: self._calls.dnc_list_page(page, per_page, name))

    def dnc_list(self, list_id: str) -> DncList:
        return self._run(self._calls.get_dnc_list(list_id))

    def dnc_entries(self, list_id: str, *, per_page: int = 500) -> Iterator[DncEntry]:
        """All entries of a list, page by page as they are needed."""
        return self._each(lambda page: self._calls.dnc_entry_page(list_id, page, per_page))

    def remove_dnc_entry(self, list_id: str, entry_id: str) -> None:
        self._run(self._calls.remove_dnc_entry(list_id, entry_id))

    def create_dnc_list(self, name: str) -> DncList:
        return self._run(self._calls.create_dnc_list(name))

    def add_dnc_entry(
        self, list_id: str, phone_number: str, *, expiration_date: str | None = None, reason: str | None = None
    ) -> DncEntry:
        """Put a number on a list: for good, or until the end of a day such as `2027-06-30`."""
        return self._run(self._calls.add_dnc_entry(list_id, phone_number, expiration_date, reason))

    def check_numbers(self, list_id: str, numbers: Sequence[str], *, timezone: str = "UTC") -> list[DncEntry]:
        """The entries of a list that forbid calling some of the numbers today, as the day is in the zone."""
        return self._run(self._calls.check_numbers(list_id, numbers, timezone))

    # Callbacks -------------------------------------------------------------------------------------------------------

    def callbacks(self, *, per_page: int = 50, **which: Unpack[CallbackFilter]) -> Iterator[Callback]:
        """All scheduled callbacks that fit, page by page as they are needed."""
        return self._each(lambda page: self._calls.callback_page(page, per_page, which))

    def callback(self, callback_id: str) -> Callback:
        return self._run(self._calls.get_callback(callback_id))

    def create_callback(self, callback: Mapping[str, Any]) -> Callback:
        """Schedule a callback of a body as `POST /v1/schedule-callbacks` takes it."""
        return self._run(self._calls.create_callback(callback))

    def change_callback(self, callback_id: str, **changes: Any) -> Callback:
        """Reschedule or reassign; members as the patch names them: `timeToCall`, `assignType`, `agents` and so on."""
        return self._run(self._calls.change_callback(callback_id, changes))

    def cancel_callback(self, callback_id: str) -> None:
        self._run(self._calls.cancel_callback(callback_id))

    # Teams -----------------------------------------------------------------------------------------------------------

    def teams(self, *, per_page: int = 50) -> Iterator[Team]:
        return self._each(lambda page: self._calls.team_page(page, per_page))

    def create_team(self, name: str) -> Team:
        return self._run(self._calls.create_team(name))

    def teams_of(self, kind: ListKind, list_id: str, *, per_page: int = 50) -> Iterator[Team]:
        """The teams of a record list or a do-not-call list."""
        return self._each(lambda page: self._calls.list_team_page(kind, list_id, page, per_page))

    def add_teams(self, kind: ListKind, list_id: str, team_ids: Sequence[str]) -> None:
        self._run(self._calls.add_teams(kind, list_id, team_ids))

    def remove_teams(self, kind: ListKind, list_id: str, team_ids: Sequence[str]) -> None:
        self._run(self._calls.remove_teams(kind, list_id, team_ids))
