"""One transaction for one account: the one place where rows are tied to whom they belong to."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

from outdial.adapters.storage.agents import AgentRows
from outdial.adapters.storage.attempts import AttemptRows
from outdial.adapters.storage.audit import AuditRows
from outdial.adapters.storage.callbacks import CallbackRows
from outdial.adapters.storage.campaigns import CampaignRows
from outdial.adapters.storage.database import Connection, Database
from outdial.adapters.storage.dispositions import DispositionRows
from outdial.adapters.storage.dnc import DncRows
from outdial.adapters.storage.explain import ExplainRows
from outdial.adapters.storage.forecasts import ForecastRows
from outdial.adapters.storage.hour_templates import HourTemplateRows
from outdial.adapters.storage.idempotency import AnswerRows
from outdial.adapters.storage.numbers import NumberRows
from outdial.adapters.storage.outbox import OutboxRows
from outdial.adapters.storage.phone_agents import PhoneAgentRows
from outdial.adapters.storage.progress import ProgressRows
from outdial.adapters.storage.record_events import RecordEventRows
from outdial.adapters.storage.record_lists import RecordListRows
from outdial.adapters.storage.records import RecordRows
from outdial.adapters.storage.reports import ReportRows
from outdial.adapters.storage.results import ResultRows
from outdial.adapters.storage.teams import TeamRows
from outdial.adapters.storage.trunks import TrunkRows
from outdial.adapters.storage.uploads import UploadRows
from outdial.adapters.storage.users import UserRows
from outdial.adapters.storage.webhooks import WebhookRows
from outdial.domain.values import AccountId
from outdial.ports.clock import Clock
from outdial.ports.storage import UnitOfWork


@dataclass(frozen=True, slots=True)
class SqlUnitOfWork:
    """The stores of one account on one connection."""

    account: AccountId
    campaigns: CampaignRows
    record_lists: RecordListRows
    uploads: UploadRows
    webhooks: WebhookRows
    records: RecordRows
    dnc: DncRows
    callbacks: CallbackRows
    users: UserRows
    agents: AgentRows
    numbers: NumberRows
    teams: TeamRows
    reports: ReportRows
    results: ResultRows
    record_events: RecordEventRows
    phone_agents: PhoneAgentRows
    progress: ProgressRows
    explain: ExplainRows
    forecasts: ForecastRows
    attempts: AttemptRows
    dispositions: DispositionRows
    hour_templates: HourTemplateRows
    answers: AnswerRows
    audit: AuditRows
    trunks: TrunkRows
    outbox: OutboxRows

    @classmethod
    def on(cls, connection: Connection, account: AccountId, clock: Clock) -> "SqlUnitOfWork":
        return cls(
            account,
            CampaignRows(connection, account),
            RecordListRows(connection, account),
            UploadRows(connection, account),
            WebhookRows(connection, account),
            RecordRows(connection, account),
            DncRows(connection, account),
            CallbackRows(connection, account),
            UserRows(connection, account),
            AgentRows(connection, account),
            NumberRows(connection, account),
            TeamRows(connection, account),
            ReportRows(connection, account),
            ResultRows(connection, account),
            RecordEventRows(connection, account),
            PhoneAgentRows(connection, account),
            ProgressRows(connection, account),
            ExplainRows(connection, account),
            ForecastRows(connection, account),
            AttemptRows(connection, account),
            DispositionRows(connection, account),
            HourTemplateRows(connection, account),
            AnswerRows(connection, account),
            AuditRows(connection, account, clock),
            TrunkRows(connection, account),
            OutboxRows(connection, account, clock),
        )


class SqlStorage:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    @contextlib.asynccontextmanager
    async def unit_of_work(self, account: AccountId) -> AsyncIterator[UnitOfWork]:
        async with self._database.transaction() as connection:
            yield SqlUnitOfWork.on(connection, account, self._clock)

    @contextlib.asynccontextmanager
    async def glance(self, account: AccountId) -> AsyncIterator[UnitOfWork]:
        async with self._database.connection() as connection:
            yield SqlUnitOfWork.on(connection, account, self._clock)
