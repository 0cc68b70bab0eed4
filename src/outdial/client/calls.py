"""Every call of the API without any I/O: generators that yield what to send, are sent what came back, return a result.

The blocking and the asynchronous client only carry out the steps, so that nothing is written twice and all of this
can be tested with values. One call may take several steps: fetching a token, an upload, waiting for a list.
"""

import base64
import json
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar, cast
from urllib.parse import quote, quote_plus
from uuid import uuid4

from outdial.client.errors import NotFinished, UnexpectedAnswer, error_of
from outdial.client.files import CsvFile, OnProgress, nobody
from outdial.client.model import (
    FINAL_LIST_STATUSES,
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

T = TypeVar("T")

MOST_IN_BULK: Final = 100
"""Records that one bulk takes."""
MOST_IN_QUERY: Final = 500
"""Numbers that one query of a do-not-call list takes."""
OnRows = Callable[[int, int | None], object]
"""Called with how many rows of a file have been read, and how many there are where that is known."""


def unwatched(done: int, total: int | None) -> None:
    """Progress for nobody."""


_FIRST_PAUSE: Final = 0.2
_LONGEST_PAUSE: Final = 5.0


@dataclass(frozen=True, slots=True)
class Ask:
    """A request to be sent.

    Args:
        url: a path of the API, or the absolute address of an upload.
        repeatable: whether sending it twice does no more than sending it once.
        with_token: false for the token endpoint, and for signed addresses, which may belong to another host.
    """

    method: str
    url: str
    query: Mapping[str, str] | None = None
    body: Any = None
    form: Mapping[str, str] | None = None
    file: CsvFile | None = None
    progress: OnProgress = nobody
    headers: Mapping[str, str] | None = None
    repeatable: bool = False
    with_token: bool = True


@dataclass(frozen=True, slots=True)
class Pause:
    """A wait before the next step."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. The names in `headers` are in lower case."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    def json(self) -> Any:
        try:
            return json.loads(self.content)
        except ValueError:
            raise UnexpectedAnswer(f"status {self.status}, but the body is not JSON: is this the API?") from None


Step = Ask | Pause
Call = Generator[Step, Answer | None, T]


def _exchange(ask: Ask) -> Call[Answer]:
    answer = yield ask
    assert answer is not None, "a request is carried out with an answer"
    return answer


def _checked(answer: Answer) -> Answer:
    if 200 <= answer.status < 300:
        return answer
    raise error_of(answer.status, answer.content, answer.headers.get("x-request-id"))


def _path(*parts: str) -> str:
    return "".join(f"/{quote(part, safe='')}" for part in parts)


def _query(given: Mapping[str, object]) -> dict[str, str]:
    return {
        name: str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in given.items()
        if value is not None
    }


def _replace(path: str, value: object) -> list[dict[str, object]]:
    return [{"op": "replace", "path": path, "value": value}]


_PATCH: Final = {"Content-Type": "application/json-patch+json"}


class Calls:
    """The calls of one client, which share its access token.

    The token is fetched at the first call and again whenever the server no longer takes it: no clock is needed, and a
    token that was withdrawn early is no special case. Each command by POST carries an idempotency key of its
    own, so that it can be sent again without being carried out again.
    """

    def __init__(self, client_id: str, client_secret: str, new_key: Callable[[], str] = lambda: uuid4().hex) -> None:
        self._new_key = new_key
        # RFC 6749 section 2.3.1: both are form-encoded before they are joined.
        pair = f"{quote_plus(client_id)}:{quote_plus(client_secret)}".encode()
        self._basic = f"Basic {base64.b64encode(pair).decode()}"
        self._token: str | None = None

    def _new_token(self) -> Call[str]:
        ask = Ask(
            "POST",
            "/oauth/token",
            form={"grant_type": "client_credentials"},
            headers={"Authorization": self._basic},
            repeatable=True,
            with_token=False,
        )
        body = _checked((yield from _exchange(ask))).json()
        try:
            self._token = token = str(body["access_token"])
        except (KeyError, TypeError):
            raise UnexpectedAnswer("the answer to the request for a token has none") from None
        return token

    def _send(self, ask: Ask) -> Call[Answer]:
        """One request and its answer. Raises `ApiError` when it is refused."""
        if not ask.with_token:
            return _checked((yield from _exchange(ask)))
        token = self._token or (yield from self._new_token())
        answer = yield from _exchange(_bearing(ask, token))
        if answer.status == 401:
            # Nothing was done, whatever the method. Another call may have fetched a new one meanwhile.
            if self._token == token:
                self._token = None
            token = self._token or (yield from self._new_token())
            answer = yield from _exchange(_bearing(ask, token))
        return _checked(answer)

    def _get(self, path: str, query: Mapping[str, object] | None = None) -> Call[Any]:
        return (yield from self._send(Ask("GET", path, query=_query(query or {}), repeatable=True))).json()

    def _page(self, path: str, name: str, query: Mapping[str, object]) -> Call[Page[Any]]:
        body = yield from self._get(path, query)
        try:
            return Page(list(body["_embedded"][name]), body["total"], body["page"], body["total_pages"])
        except (KeyError, TypeError):
            raise UnexpectedAnswer(f"the answer is no page of {name}") from None

    def _post(self, path: str, body: object, query: Mapping[str, str] | None = None) -> Call[Answer]:
        headers = {"Idempotency-Key": self._new_key()}
        return (yield from self._send(Ask("POST", path, query=query, body=body, headers=headers, repeatable=True)))

    def _create(self, path: str, body: object) -> Call[Any]:
        return (yield from self._post(path, body)).json()

    def _patch(self, path: str, operations: object) -> Call[Any]:
        return (yield from self._send(Ask("PATCH", path, body=operations, headers=_PATCH))).json()

    # Campaigns -------------------------------------------------------------------------------------------------------

    def campaign_page(self, page: int, per_page: int, which: CampaignFilter) -> Call[Page[Campaign]]:
        return self._page("/campaigns", "campaigns", {**which, "page": page, "per_page": per_page})

    def get_campaign(self, campaign_id: str) -> Call[Campaign]:
        return cast(Call[Campaign], self._get(_path("campaigns", campaign_id)))

    def create_campaign(self, campaign: Mapping[str, Any]) -> Call[Campaign]:
        return cast(Call[Campaign], self._create("/campaigns", dict(campaign)))

    def duplicate_campaign(self, source_id: str, changes: Mapping[str, Any]) -> Call[Campaign]:
        query = {"source_id": source_id}
        return (yield from self._post("/campaigns", dict(changes), query)).json()  # type: ignore[no-any-return]

    def change_campaign(self, campaign_id: str, member: str, value: str | int) -> Call[Campaign]:
        return cast(Call[Campaign], self._patch(_path("campaigns", campaign_id), _replace(f"/{member}", value)))

    def delete_campaign(self, campaign_id: str) -> Call[None]:
        yield from self._send(Ask("DELETE", _path("campaigns", campaign_id), repeatable=True))

    def ask_forecast(self, campaign_id: str, question: Mapping[str, Any]) -> Call[dict[str, Any]]:
        path = _path("v1", "campaigns", campaign_id, "forecasts")
        return cast(Call[dict[str, Any]], self._create(path, dict(question)))

    def forecast(self, campaign_id: str, forecast_id: str) -> Call[dict[str, Any]]:
        return cast(Call[dict[str, Any]], self._get(_path("v1", "campaigns", campaign_id, "forecasts", forecast_id)))

    def campaign_calibration(self, campaign_id: str) -> Call[dict[str, Any]]:
        return cast(Call[dict[str, Any]], self._get(_path("v1", "campaigns", campaign_id, "calibration")))

    def campaign_verdicts(self, campaign_id: str) -> Call[dict[str, Any]]:
        return cast(Call[dict[str, Any]], self._get(_path("v1", "campaigns", campaign_id, "verdicts")))

    def campaign_activity(self, campaign_id: str) -> Call[Activity]:
        return cast(Call[Activity], self._get(_path("v1", "campaigns", campaign_id, "activity")))

    def campaign_reasons(self, campaign_id: str) -> Call[Reasons]:
        return cast(Call[Reasons], self._get(_path("v1", "campaigns", campaign_id, "reasons")))

    def campaign_next(self, campaign_id: str, count: int) -> Call[NextRecords]:
        return cast(Call[NextRecords], self._get(_path("v1", "campaigns", campaign_id, "next"), {"count": count}))

    def record_why(self, campaign_id: str, record_id: str) -> Call[RecordWhy]:
        return cast(Call[RecordWhy], self._get(_path("v1", "campaigns", campaign_id, "records", record_id, "why")))

    def assigned_page(self, campaign_id: str, kind: AssignedKind, page: int, per_page: int) -> Call[Page[Assigned]]:
        query = {"page": page, "per_page": per_page}
        return self._page(_path("campaigns", campaign_id, kind), kind.replace("-", "_"), query)

    def assign(self, campaign_id: str, kind: AssignedKind, things: Sequence[NumberToAssign]) -> Call[None]:
        yield from self._post(_path("campaigns", campaign_id, kind), list(things))

    def unassign(self, campaign_id: str, kind: AssignedKind, things: Sequence[NumberToAssign]) -> Call[None]:
        ask = Ask("DELETE", _path("campaigns", campaign_id, kind), body=list(things), repeatable=True)
        yield from self._send(ask)

    # Record lists ----------------------------------------------------------------------------------------------------

    def record_list_page(self, page: int, per_page: int, name: str | None) -> Call[Page[RecordList]]:
        return self._page("/record-lists", "record_lists", {"name": name, "page": page, "per_page": per_page})

    def get_record_list(self, list_id: str) -> Call[RecordList]:
        return cast(Call[RecordList], self._get(_path("record-lists", list_id)))

    def create_record_list(self, name: str, unique_by: UniqueBy, file: CsvFile | None = None) -> Call[RecordList]:
        body: dict[str, object] = {"name": name, "unique_identifier_type": unique_by}
        if file is not None:
            body["csv_metadata"] = file.metadata()
        return cast(Call[RecordList], self._create("/record-lists", body))

    def upload_new_list(
        self,
        name: str,
        file: CsvFile,
        unique_by: UniqueBy,
        duplicates: Duplicates = "REFUSE",
        progress: OnProgress = nobody,
    ) -> Call[RecordList]:
        """A list and its first file; answers when the server has the file and begins to read it."""
        created = yield from self.create_record_list(name, unique_by, file)
        yield from self._put_file(created.get("signed_url"), file, progress)
        path = _path("record-lists", created["id"])
        if duplicates == "REFUSE":
            return cast(RecordList, (yield from self._patch(path, _replace("/status", "UPLOADED"))))
        (upload,) = (yield from self.upload_page(created["id"], 1, 1)).items
        yield from self._import(upload["id"], duplicates)
        return (yield from self.get_record_list(created["id"]))

    def upload_to_list(
        self, list_id: str, file: CsvFile, duplicates: Duplicates = "REFUSE", progress: OnProgress = nobody
    ) -> Call[UploadRequest]:
        """One more file for a list; answers when the server has the file and begins to read it."""
        path = f"{_path('record-lists', list_id)}/upload-requests"
        request = yield from self._create(path, {"csv_metadata": file.metadata()})
        yield from self._put_file(request.get("signed_url"), file, progress)
        if duplicates == "REFUSE":
            done = yield from self._patch(f"{path}{_path(request['id'])}", _replace("/status", "UPLOADED"))
        else:
            done = yield from self._import(request["id"], duplicates)
        return cast(UploadRequest, done)

    def _import(self, upload_id: str, duplicates: Duplicates) -> Call[dict[str, Any]]:
        # The compatible API has no word for it: there, rows of records that the list has are refused.
        return self._create(f"{_path('v1', 'upload-requests', upload_id)}/import", {"duplicates": duplicates})

    def check_for_list(
        self, list_id: str, file: CsvFile, duplicates: Duplicates = "REFUSE", progress: OnProgress = nobody
    ) -> Call[Check]:
        """What an import of a file into a list would report; it is sent for that, and taken back."""
        path = f"{_path('record-lists', list_id)}/upload-requests"
        request = yield from self._create(path, {"csv_metadata": file.metadata()})
        yield from self._put_file(request.get("signed_url"), file, progress)
        upload = _path("v1", "upload-requests", request["id"])
        checked = yield from self._create(f"{upload}/check", {"duplicates": duplicates})
        yield from self._create(f"{upload}/cancel", {})
        return cast(Check, checked)

    def _put_file(self, signed_url: str | None, file: CsvFile, progress: OnProgress) -> Call[None]:
        if signed_url is None:
            raise UnexpectedAnswer("the answer has no address for the file")
        # An address takes one file: a second attempt could be refused although the first one arrived.
        headers = {"Content-Type": "text/csv", "Content-Length": str(file.size)}
        yield from self._send(
            Ask("PUT", signed_url, file=file, progress=progress, headers=headers, with_token=False),
        )

    def wait_for_list(self, list_id: str, seconds: float) -> Call[RecordList]:
        """A list once its first file has been read, whatever came of it.

        Raises:
            NotFinished: it had not been after so many seconds of waiting.
        """
        waited, pause = 0.0, _FIRST_PAUSE
        while True:
            found = yield from self.get_record_list(list_id)
            if found["status"] in FINAL_LIST_STATUSES:
                return found
            if waited >= seconds:
                raise NotFinished(f"list {list_id} is still {found['status']}")
            yield Pause(pause)
            waited += pause
            pause = min(2 * pause, _LONGEST_PAUSE)

    def upload_page(self, list_id: str, page: int, per_page: int) -> Call[Page[Upload]]:
        path = _path("v1", "record-lists", list_id, "upload-requests")
        return self._page(path, "upload_requests", {"page": page, "per_page": per_page})

    def get_upload(self, upload_id: str) -> Call[Upload]:
        return cast(Call[Upload], self._get(_path("v1", "upload-requests", upload_id)))

    def wait_for_upload(self, upload_id: str, seconds: float, progress: OnRows) -> Call[Upload]:
        """A file once it has been read, whatever came of it.

        Raises:
            NotFinished: it had not been after so many seconds of waiting.
        """
        waited, pause = 0.0, _FIRST_PAUSE
        while True:
            found = yield from self.get_upload(upload_id)
            progress(found["rows_done"], found.get("rows_total"))
            if found["status"] in FINAL_LIST_STATUSES:
                return found
            if waited >= seconds:
                raise NotFinished(f"the file is still {found['status']}: the server goes on with it")
            yield Pause(pause)
            waited += pause
            pause = min(2 * pause, _LONGEST_PAUSE)

    def upload_rejects(self, upload_id: str) -> Call[bytes]:
        """The rows of a file that were not taken and why, as a CSV file."""
        answer = yield from self._send(
            Ask("GET", _path("v1", "upload-requests", upload_id, "rejects"), repeatable=True)
        )
        return answer.content

    def record_page(self, list_id: str, page: int, per_page: int, which: RecordFilter) -> Call[Page[Record]]:
        query = {**which, "page": page, "per_page": per_page}
        return self._page(_path("record-lists", list_id, "records"), "records", query)

    def get_record(self, list_id: str, record_id: str) -> Call[Record]:
        return cast(Call[Record], self._get(_path("record-lists", list_id, "records", record_id)))

    def add_record(self, list_id: str, record: NewRecord) -> Call[Record]:
        return cast(Call[Record], self._create(_path("record-lists", list_id, "records"), dict(record)))

    def add_records(self, list_id: str, records: Sequence[NewRecord]) -> Call[list[Record | RefusedRecord]]:
        """What became of each, in their order; as many bulks as that takes."""
        path = _path("record-lists", list_id, "records", "bulks")
        results: list[Record | RefusedRecord] = []
        for start in range(0, len(records), MOST_IN_BULK):
            body = yield from self._create(path, {"records": list(records[start : start + MOST_IN_BULK])})
            try:
                results += body["_embedded"]["records"]
            except (KeyError, TypeError):
                raise UnexpectedAnswer("the answer is none to a bulk of records") from None
        return results

    def change_record(self, list_id: str, record_id: str, changes: Mapping[str, Any]) -> Call[Record]:
        path = _path("record-lists", list_id, "records", record_id)
        operations = [one for name, value in changes.items() for one in _replace(f"/{name}", value)]
        return cast(Call[Record], self._patch(path, operations))

    def delete_record(self, list_id: str, record_id: str) -> Call[None]:
        yield from self._send(Ask("DELETE", _path("record-lists", list_id, "records", record_id), repeatable=True))

    # Do-not-call lists -----------------------------------------------------------------------------------------------

    def dnc_list_page(self, page: int, per_page: int, name: str | None) -> Call[Page[DncList]]:
        query = {"name": name, "page": page, "per_page": per_page}
        return self._page("/do-not-call-lists", "do_not_call_lists", query)

    def get_dnc_list(self, list_id: str) -> Call[DncList]:
        return cast(Call[DncList], self._get(_path("do-not-call-lists", list_id)))

    def dnc_entry_page(self, list_id: str, page: int, per_page: int) -> Call[Page[DncEntry]]:
        query = {"page": page, "per_page": per_page}
        return self._page(_path("do-not-call-lists", list_id, "entries"), "entries", query)

    def remove_dnc_entry(self, list_id: str, entry_id: str) -> Call[None]:
        path = _path("do-not-call-lists", list_id, "entries", entry_id)
        yield from self._send(Ask("DELETE", path, repeatable=True))

    def create_dnc_list(self, name: str) -> Call[DncList]:
        return cast(Call[DncList], self._create("/do-not-call-lists", {"name": name}))

    def add_dnc_entry(
        self, list_id: str, phone_number: str, expiration_date: str | None, reason: str | None
    ) -> Call[DncEntry]:
        members = {"phone_number": phone_number, "expiration_date": expiration_date, "reason": reason}
        body = {name: value for name, value in members.items() if value is not None}
        return cast(Call[DncEntry], self._create(_path("do-not-call-lists", list_id, "entries"), body))

    def check_numbers(self, list_id: str, numbers: Sequence[str], timezone: str) -> Call[list[DncEntry]]:
        """The entries that forbid calling some of the numbers today; as many queries as that takes."""
        path = _path("do-not-call-lists", list_id, "entries", "queries")
        found: list[DncEntry] = []
        for start in range(0, len(numbers), MOST_IN_QUERY):
            part = numbers[start : start + MOST_IN_QUERY]
            asked = [{"phone_number": number, "timezone": timezone} for number in part]
            # A question, though it is asked by POST: it needs no key to be repeated.
            ask = Ask("POST", path, body={"phone_numbers": asked}, repeatable=True)
            body = (yield from self._send(ask)).json()
            try:
                found += body["_embedded"]["entries"]
            except (KeyError, TypeError):
                raise UnexpectedAnswer("the answer is no page of entries") from None
        return found

    # Callbacks -------------------------------------------------------------------------------------------------------

    def callback_page(self, page: int, per_page: int, which: CallbackFilter) -> Call[Page[Callback]]:
        return self._page("/schedule-callbacks", "callbacks", {**which, "page": page, "per_page": per_page})

    def get_callback(self, callback_id: str) -> Call[Callback]:
        return cast(Call[Callback], self._get(_path("schedule-callbacks", callback_id)))

    def create_callback(self, callback: Mapping[str, Any]) -> Call[Callback]:
        return cast(Call[Callback], self._create("/v1/schedule-callbacks", dict(callback)))

    def change_callback(self, callback_id: str, changes: Mapping[str, Any]) -> Call[Callback]:
        operations = [one for name, value in changes.items() for one in _replace(f"/{name}", value)]
        ask = Ask("PATCH", _path("schedule-callbacks", callback_id), body=operations)
        return (yield from self._send(ask)).json()  # type: ignore[no-any-return]

    def cancel_callback(self, callback_id: str) -> Call[None]:
        yield from self._send(Ask("DELETE", _path("schedule-callbacks", callback_id), repeatable=True))

    # Teams -----------------------------------------------------------------------------------------------------------

    def team_page(self, page: int, per_page: int) -> Call[Page[Team]]:
        return self._page("/v1/teams", "teams", {"page": page, "per_page": per_page})

    def create_team(self, name: str) -> Call[Team]:
        return cast(Call[Team], self._create("/v1/teams", {"name": name}))

    def list_team_page(self, kind: ListKind, list_id: str, page: int, per_page: int) -> Call[Page[Team]]:
        return self._page(_path(kind, list_id, "teams"), "teams", {"page": page, "per_page": per_page})

    def add_teams(self, kind: ListKind, list_id: str, team_ids: Sequence[str]) -> Call[None]:
        yield from self._post(_path(kind, list_id, "teams"), [{"id": one} for one in team_ids])

    def remove_teams(self, kind: ListKind, list_id: str, team_ids: Sequence[str]) -> Call[None]:
        body = [{"id": one} for one in team_ids]
        yield from self._send(Ask("DELETE", _path(kind, list_id, "teams"), body=body, repeatable=True))


def _bearing(ask: Ask, token: str) -> Ask:
    return replace(ask, headers={**(ask.headers or {}), "Authorization": f"Bearer {token}"})
