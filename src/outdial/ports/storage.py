"""The unit of work: what one use case reads and writes, in one transaction, for one account."""

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from outdial.domain.values import AccountId
from outdial.ports.agents import AgentStore
from outdial.ports.attempts import AttemptStore
from outdial.ports.audit import AuditStore
from outdial.ports.callbacks import CallbackStore
from outdial.ports.campaigns import CampaignStore
from outdial.ports.dispositions import DispositionStore
from outdial.ports.dnc import DncStore
from outdial.ports.explain import ExplainStore
from outdial.ports.forecasts import ForecastStore
from outdial.ports.hour_templates import HourTemplateStore
from outdial.ports.idempotency import AnswerStore
from outdial.ports.numbers import NumberStore
from outdial.ports.phone_agents import PhoneAgentStore
from outdial.ports.progress import ProgressStore
from outdial.ports.record_events import RecordEventStore
from outdial.ports.record_lists import RecordListStore
from outdial.ports.records import RecordStore
from outdial.ports.reports import ReportStore
from outdial.ports.results import ResultStore
from outdial.ports.teams import TeamStore
from outdial.ports.trunks import TrunkStore
from outdial.ports.uploads import UploadRequestStore
from outdial.ports.users import UserStore
from outdial.ports.webhooks import WebhookStore


class Outbox(Protocol):
    """Events that leave together with the change that made them."""

    async def add(self, topic: str, payload: dict[str, object]) -> None: ...


class UnitOfWork(Protocol):
    """Stores opened for one account: nothing of another account can be reached through them."""

    @property
    def account(self) -> AccountId: ...
    @property
    def campaigns(self) -> CampaignStore: ...
    @property
    def record_lists(self) -> RecordListStore: ...
    @property
    def uploads(self) -> UploadRequestStore: ...
    @property
    def webhooks(self) -> WebhookStore: ...
    @property
    def records(self) -> RecordStore: ...
    @property
    def dnc(self) -> DncStore: ...
    @property
    def callbacks(self) -> CallbackStore: ...
    @property
    def users(self) -> UserStore: ...
    @property
    def agents(self) -> AgentStore: ...
    @property
    def numbers(self) -> NumberStore: ...
    @property
    def teams(self) -> TeamStore: ...
    @property
    def reports(self) -> ReportStore: ...
    @property
    def results(self) -> ResultStore: ...
    @property
    def record_events(self) -> RecordEventStore: ...
    @property
    def phone_agents(self) -> PhoneAgentStore: ...
    @property
    def progress(self) -> ProgressStore: ...
    @property
    def explain(self) -> ExplainStore: ...
    @property
    def forecasts(self) -> ForecastStore: ...
    @property
    def attempts(self) -> AttemptStore: ...
    @property
    def dispositions(self) -> DispositionStore: ...
    @property
    def hour_templates(self) -> HourTemplateStore: ...
    @property
    def answers(self) -> AnswerStore: ...
    @property
    def audit(self) -> AuditStore: ...
    @property
    def trunks(self) -> TrunkStore: ...
    @property
    def outbox(self) -> Outbox: ...


class Storage(Protocol):
    def unit_of_work(self, account: AccountId) -> AbstractAsyncContextManager[UnitOfWork]:
        """Commits when the block ends well; nothing stays when it raises."""
        ...

    def glance(self, account: AccountId) -> AbstractAsyncContextManager[UnitOfWork]:
        """For one question that changes nothing: no transaction is begun, which saves two thirds of the waiting."""
        ...
