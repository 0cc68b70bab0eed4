"""Campaigns in PostgreSQL: the row, the two jsonb columns, and the tables of what is assigned."""

import functools
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from typing import Any, Final
from uuid import UUID

from outdial.adapters.storage.database import Connection, Database, Row
from outdial.domain.campaigns import (
    Assigned,
    CallingWindow,
    Campaign,
    CampaignStatus,
    ChainItem,
    DateException,
    DialingConfiguration,
    DialingMode,
    DialingStrategy,
    Extensions,
    OutcomeRule,
    SortingCriteria,
    StatusAfterCall,
    StrategyType,
    TimeUnit,
    WeekDay,
)
from outdial.domain.machine_detection import Detection, Profile
from outdial.domain.outcomes import Outcome
from outdial.domain.text import folded
from outdial.domain.values import AccountId, CampaignId, PhoneType, number_from_int
from outdial.ports.campaigns import Assignment, CampaignFilter, OrderBy, Part

COLUMNS: Final = """
c.uuid, c.name, c.dialing_mode, c.priority, c.run_once, c.action_required, c.status, c.configuration,
c.strategy::text as strategy, c.extensions, c.version, c.created_at, c.updated_at,
(select count(*) from campaign_record_list l join record_list r on r.id = l.list_id
  where l.campaign_id = c.id and r.status = 'ACCEPTED') as accepted_lists,
array(select u.user_id from campaign_user u where u.campaign_id = c.id) as users,
array(select n.number_id from campaign_number n where n.campaign_id = c.id) as caller_ids
"""
"""What `campaign_from_row` reads, from `campaign c`; of users and caller ids it reads how many there are."""


@dataclass(frozen=True, slots=True)
class _Tables:
    """Where a kind of part lives, and the table that ties it to campaigns."""

    things: str
    ties: str
    key: str


_TABLES: Final[Mapping[Part, _Tables]] = {
    Part.RECORD_LISTS: _Tables("record_list", "campaign_record_list", "list_id"),
    Part.DNC_LISTS: _Tables("dnc_list", "campaign_dnc_list", "list_id"),
    Part.USERS: _Tables("present_user", "campaign_user", "user_id"),
    Part.NUMBERS: _Tables("caller_number", "campaign_number", "number_id"),
}
_ORDER: Final[Mapping[OrderBy, str]] = {
    OrderBy.CREATED_AT: "c.created_at",
    OrderBy.NAME: "c.name_folded",
    OrderBy.DIALING_MODE: "c.dialing_mode",
    OrderBy.PRIORITY: "c.priority",
}


class CampaignRows:
    """The statements below are put together from the constants of this module; values are always parameters."""

    def __init__(self, connection: Connection, account: AccountId) -> None:
        self._connection, self._account = connection, account

    async def add(self, campaign: Campaign) -> None:
        await self._connection.execute(
            """
            insert into campaign (uuid, account_id, name, name_folded, dialing_mode, priority, run_once,
              action_required, status, configuration, strategy, extensions, version, created_at, updated_at)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
            """,
            campaign.id,
            self._account,
            *_changeable(campaign),
            campaign.version,
            campaign.created_at,
            campaign.updated_at,
        )

    async def get(self, campaign_id: CampaignId, *, lock: bool = False) -> Campaign | None:
        if lock:
            # By itself first: the counts are then read after whoever held the row before has committed.
            await self._connection.execute(
                "select from campaign where account_id = $1 and uuid = $2 for no key update", self._account, campaign_id
            )
        row = await self._connection.fetchrow(
            f"select {COLUMNS} from campaign c where c.account_id = $1 and c.uuid = $2",  # noqa: S608
            self._account,
            campaign_id,
        )
        return None if row is None else campaign_from_row(row)

    async def save(self, campaign: Campaign) -> None:
        await self._connection.execute(
            """
            update campaign set name = $3, name_folded = $4, dialing_mode = $5, priority = $6, run_once = $7,
              action_required = $8, status = $9, configuration = $10, strategy = $11, extensions = $12,
              updated_at = $13, version = version + 1
            where account_id = $2 and uuid = $1
            """,
            campaign.id,
            self._account,
            *_changeable(campaign),
            campaign.updated_at,
        )

    async def remove(self, campaign_id: CampaignId) -> None:
        await self._connection.execute(
            "delete from campaign where account_id = $1 and uuid = $2", self._account, campaign_id
        )

    async def page(
        self, which: CampaignFilter, *, order_by: OrderBy, descending: bool, offset: int, limit: int
    ) -> tuple[int, Sequence[Campaign]]:
        if which.nothing:
            return 0, []
        conditions, values = ["c.account_id = $1"], [self._account]

        def must(condition: str, value: Any) -> None:
            if value is not None:
                values.append(value)
                conditions.append(condition.format(f"${len(values)}"))

        must("c.name = {}", which.name)
        must("c.name_folded like {}", f"%{_literally(folded(which.search))}%" if which.search else None)
        must("c.dialing_mode = {}", which.dialing_mode.value if which.dialing_mode else None)
        must("c.status = {}", which.status.value if which.status else None)
        must("c.action_required = {}", which.action_required)
        must("c.priority = {}", which.priority)
        must(
            "exists (select from campaign_team o join team t on t.id = o.team_id"
            " where o.owner_id = c.id and t.uuid = {})",
            which.team,
        )
        must("c.created_at >= {}", which.created_from)
        must("c.created_at <= {}", which.created_to)
        for part, part_id in which.using:
            tables = _TABLES[part]
            must(
                f"exists (select from {tables.ties} t join {tables.things} p on p.id = t.{tables.key}"
                " where t.campaign_id = c.id and p.uuid = {})",
                part_id,
            )
        where = " and ".join(conditions)
        total: int = await self._connection.fetchval(f"select count(*) from campaign c where {where}", *values)  # noqa: S608
        direction = "desc nulls last" if descending else "asc nulls last"
        rows = await self._connection.fetch(
            f"select {COLUMNS} from campaign c where {where} order by {_ORDER[order_by]} {direction}, c.id"  # noqa: S608
            f" offset ${len(values) + 1} limit ${len(values) + 2}",
            *values,
            offset,
            limit,
        )
        return total, [campaign_from_row(row) for row in rows]

    async def assigned(
        self, campaign_id: CampaignId, part: Part, *, only: Collection[UUID] | None, offset: int, limit: int
    ) -> tuple[int, Sequence[Assignment]]:
        tables = _TABLES[part]
        source = (
            f"from {tables.ties} t join campaign c on c.id = t.campaign_id"
            f" join {tables.things} p on p.id = t.{tables.key}"
            " where c.account_id = $1 and c.uuid = $2 and ($3::uuid[] is null or p.uuid = any($3))"
        )
        values = (self._account, campaign_id, None if only is None else list(only))
        total: int = await self._connection.fetchval(f"select count(*) {source}", *values)
        number = "p.e164" if part is Part.NUMBERS else "null::bigint"
        rows = await self._connection.fetch(
            f"select p.uuid, {number} as e164 {source} order by p.id offset $4 limit $5", *values, offset, limit
        )
        return total, [
            Assignment(row["uuid"], None if row["e164"] is None else number_from_int(row["e164"])) for row in rows
        ]

    async def known(self, part: Part, ids: Collection[UUID]) -> frozenset[UUID]:
        # Held until the end: a list must not become ACCEPTED between its assignment and the look at its status.
        rows = await self._connection.fetch(
            f"select uuid from {_TABLES[part].things}"  # noqa: S608
            " where account_id = $1 and uuid = any($2::uuid[]) order by id for share",
            self._account,
            list(ids),
        )
        return frozenset(row["uuid"] for row in rows)

    async def assign(self, campaign_id: CampaignId, part: Part, ids: Collection[UUID]) -> int:
        tables = _TABLES[part]
        rows = await self._connection.fetch(
            f"""
            insert into {tables.ties} (campaign_id, {tables.key})
            select c.id, p.id from campaign c, {tables.things} p
            where c.account_id = $1 and c.uuid = $2 and p.account_id = $1 and p.uuid = any($3::uuid[])
            order by p.id
            on conflict do nothing returning {tables.key}
            """,  # noqa: S608
            self._account,
            campaign_id,
            list(ids),
        )
        return len(rows)

    async def unassign(self, campaign_id: CampaignId, part: Part, ids: Collection[UUID]) -> int:
        tables = _TABLES[part]
        rows = await self._connection.fetch(
            f"""
            delete from {tables.ties} t using campaign c, {tables.things} p
            where c.account_id = $1 and c.uuid = $2 and t.campaign_id = c.id
              and p.account_id = $1 and p.uuid = any($3::uuid[]) and t.{tables.key} = p.id
            returning t.campaign_id, t.{tables.key} as thing
            """,  # noqa: S608
            self._account,
            campaign_id,
            list(ids),
        )
        if rows and part is Part.RECORD_LISTS:
            # What was tried stays written in `attempt`; a record that is in a call now ends it as always.
            await self._connection.execute(
                """
                delete from dial_item where campaign_id = $1 and list_id = any($2::int[])
                  and state not in ('C', 'S') and attempt_id is null
                """,
                rows[0]["campaign_id"],
                [row["thing"] for row in rows],
            )
        return len(rows)

    async def copy_assignments(self, source: CampaignId, target: CampaignId) -> None:
        for tables in _TABLES.values():
            await self._connection.execute(
                f"""
                insert into {tables.ties} (campaign_id, {tables.key})
                select new.id, t.{tables.key}
                from campaign new, campaign old join {tables.ties} t on t.campaign_id = old.id
                where new.account_id = $1 and new.uuid = $3 and old.account_id = $1 and old.uuid = $2
                on conflict do nothing
                """,  # noqa: S608
                self._account,
                source,
                target,
            )

    async def using(self, part: Part, part_id: UUID) -> Sequence[CampaignId]:
        tables = _TABLES[part]
        rows = await self._connection.fetch(
            f"""
            select c.uuid from campaign c join {tables.ties} t on t.campaign_id = c.id
              join {tables.things} p on p.id = t.{tables.key}
            where c.account_id = $1 and p.uuid = $2 order by c.id
            """,  # noqa: S608
            self._account,
            part_id,
        )
        return [CampaignId(row["uuid"]) for row in rows]


def campaign_from_row(row: Row) -> Campaign:
    """The campaign of a row that has `COLUMNS`."""
    return Campaign(
        id=CampaignId(row["uuid"]),
        name=row["name"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        dialing_mode=_maybe(DialingMode, row["dialing_mode"]),
        priority=row["priority"],
        run_once=row["run_once"],
        action_required=row["action_required"],
        status=CampaignStatus(row["status"]),
        configuration=configuration_from_json(row["configuration"]),
        strategy=None if row["strategy"] is None else _strategy_of(row["strategy"]),
        extensions=extensions_from_json(row["extensions"]),
        version=row["version"],
        assigned=Assigned(row["accepted_lists"], len(row["users"]), len(row["caller_ids"])),
    )


def _changeable(campaign: Campaign) -> tuple[Any, ...]:
    """The values of the columns from `name` to `extensions`, in the order of the table."""
    return (
        campaign.name,
        folded(campaign.name),
        campaign.dialing_mode.value if campaign.dialing_mode else None,
        campaign.priority,
        campaign.run_once,
        campaign.action_required,
        campaign.status.value,
        configuration_to_json(campaign.configuration),
        strategy_to_json(campaign.strategy),
        extensions_to_json(campaign.extensions),
    )


def configuration_to_json(configuration: DialingConfiguration | None) -> dict[str, Any] | None:
    if configuration is None:
        return None
    return {
        "max_ring_time_in_secs": configuration.max_ring_time_in_secs,
        "answering_machine_detection": configuration.answering_machine_detection,
        "amd_metadata": configuration.amd_metadata,
        "max_abandonment_rate": configuration.max_abandonment_rate,
        "max_dialing_ratio": configuration.max_dialing_ratio,
        "abandonment_timeout": configuration.abandonment_timeout,
    }


def configuration_from_json(stored: Mapping[str, Any] | None) -> DialingConfiguration | None:
    return None if stored is None else DialingConfiguration(**stored)


def strategy_to_json(strategy: DialingStrategy | None) -> dict[str, Any] | None:
    if strategy is None:
        return None
    return {
        "max_attempts": strategy.max_attempts,
        "retry_period": strategy.retry_period,
        "retry_unit": strategy.retry_unit.value,
        "calling_hours": windows_to_json(strategy.calling_hours),
        # A list: jsonb would forget the order in which the outcomes were given.
        "dispositions": [
            {
                "outcome": outcome.value,
                "status_after_call": rule.status_after_call.value,
                "custom": rule.custom,
                "max_attempts": rule.max_attempts,
                "retry_period": rule.retry_period,
                "retry_unit": rule.retry_unit.value if rule.retry_unit else None,
            }
            for outcome, rule in strategy.dispositions.items()
        ],
        "max_skip_attempts": strategy.max_skip_attempts,
        "strategy_type": strategy.strategy_type.value if strategy.strategy_type else None,
        "preview_timeout": strategy.preview_timeout,
        "record_chain": [
            {
                "type": item.type.value,
                "max_attempts": item.max_attempts,
                "retry_period": item.retry_period,
                "retry_unit": item.retry_unit.value if item.retry_unit else None,
            }
            for item in strategy.record_chain
        ],
        "lists_sorting_criteria": strategy.lists_sorting_criteria.value if strategy.lists_sorting_criteria else None,
        "ivr_enabled": strategy.ivr_enabled,
    }


def strategy_from_json(stored: Mapping[str, Any] | None) -> DialingStrategy | None:
    if stored is None:
        return None
    return DialingStrategy(
        max_attempts=stored["max_attempts"],
        retry_period=stored["retry_period"],
        retry_unit=TimeUnit(stored["retry_unit"]),
        calling_hours=windows_from_json(stored["calling_hours"]),
        dispositions={
            Outcome(rule["outcome"]): OutcomeRule(
                StatusAfterCall(rule["status_after_call"]),
                rule["custom"],
                rule["max_attempts"],
                rule["retry_period"],
                _maybe(TimeUnit, rule["retry_unit"]),
            )
            for rule in stored["dispositions"]
        },
        max_skip_attempts=stored["max_skip_attempts"],
        strategy_type=_maybe(StrategyType, stored["strategy_type"]),
        preview_timeout=stored["preview_timeout"],
        record_chain=tuple(
            ChainItem(
                PhoneType(item["type"]),
                item["max_attempts"],
                item["retry_period"],
                _maybe(TimeUnit, item["retry_unit"]),
            )
            for item in stored["record_chain"]
        ),
        lists_sorting_criteria=_maybe(SortingCriteria, stored["lists_sorting_criteria"]),
        ivr_enabled=stored["ivr_enabled"],
    )


@functools.lru_cache(maxsize=1024)
def _strategy_of(stored: str) -> DialingStrategy | None:
    """The strategy of a column's text. It is a value, and to read it is most of what a campaign costs."""
    return strategy_from_json(json.loads(stored))


def extensions_to_json(extensions: Extensions) -> dict[str, Any]:
    detection = extensions.detection
    return {
        "progressive": extensions.progressive,
        "strict_priority": extensions.strict_priority,
        "holidays": list(extensions.holidays),
        "exceptions": exceptions_to_json(extensions.exceptions),
        "presets": list(extensions.presets),
        "abandonment_periods": list(extensions.abandonment_periods),
        "shadow": extensions.shadow,
        "detection": {
            "profile": None if detection.profile is None else detection.profile.value,
            "changed": [list(rule) for rule in detection.changed],
            "sampled": detection.sampled,
        },
        "safety_message": extensions.safety_message,
    }


def extensions_from_json(stored: Mapping[str, Any]) -> Extensions:
    # A campaign of an earlier release has none of them stored.
    if not stored:
        return Extensions()
    return Extensions(
        progressive=stored["progressive"],
        strict_priority=stored["strict_priority"],
        holidays=tuple(stored["holidays"]),
        exceptions=exceptions_from_json(stored["exceptions"]),
        presets=tuple(stored["presets"]),
        abandonment_periods=tuple(stored.get("abandonment_periods", ())),
        shadow=stored.get("shadow", False),
        detection=_detection_from_json(stored.get("detection")),
        safety_message=stored.get("safety_message"),
    )


def windows_to_json(windows: Sequence[CallingWindow]) -> list[dict[str, Any]]:
    return [
        {
            "start": window.start.isoformat("seconds"),
            "to": window.to.isoformat("seconds"),
            "week_days": [day.value for day in window.week_days],
        }
        for window in windows
    ]


def windows_from_json(stored: Sequence[Mapping[str, Any]]) -> tuple[CallingWindow, ...]:
    return tuple(
        CallingWindow(
            time.fromisoformat(window["start"]),
            time.fromisoformat(window["to"]),
            tuple(WeekDay(day) for day in window["week_days"]),
        )
        for window in stored
    )


def exceptions_to_json(exceptions: Sequence[DateException]) -> list[dict[str, Any]]:
    return [
        {
            "on": exception.on.isoformat(),
            "windows": [[start.isoformat("seconds"), to.isoformat("seconds")] for start, to in exception.windows],
        }
        for exception in exceptions
    ]


def exceptions_from_json(stored: Sequence[Mapping[str, Any]]) -> tuple[DateException, ...]:
    return tuple(
        DateException(
            date.fromisoformat(exception["on"]),
            tuple((time.fromisoformat(start), time.fromisoformat(to)) for start, to in exception["windows"]),
        )
        for exception in stored
    )


def _detection_from_json(stored: Mapping[str, Any] | None) -> Detection:
    if stored is None:
        return Detection()
    changed = tuple((name, milliseconds) for name, milliseconds in stored["changed"])
    return Detection(_maybe(Profile, stored["profile"]), changed, stored["sampled"])


def _maybe(kind: Any, stored: str | None) -> Any:
    return None if stored is None else kind(stored)


def _literally(text: str) -> str:
    """Text for LIKE that means itself."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


async def messages_asked_for(database: Database) -> dict[str, int]:
    """How many campaigns, of any account, ask for each safety message: for the one who runs the installation."""
    async with database.connection() as connection:
        rows = await connection.fetch(
            """
            select extensions ->> 'safety_message' as name, count(*) as campaigns from campaign
            where extensions ->> 'safety_message' is not null group by 1 order by 1
            """
        )
    return {row["name"]: row["campaigns"] for row in rows}
