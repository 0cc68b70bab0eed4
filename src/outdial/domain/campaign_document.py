"""A campaign's settings as plain JSON values: what `/v1` shows and takes, and what the audit compares."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from outdial.domain.campaigns import (
    CallingWindow,
    Campaign,
    CampaignStatus,
    ChainItem,
    DateException,
    DialingConfiguration,
    DialingStrategy,
    OutcomeRule,
)
from outdial.domain.machine_detection import Detection
from outdial.domain.outcomes import Outcome

Document = dict[str, Any]
"""Members that have no value are left out."""

OUTCOME_KEYS: Final[Mapping[str, Outcome]] = {
    "busy": Outcome.BUSY,
    "no_answer": Outcome.NO_ANSWER,
    "abandoned": Outcome.ABANDONED,
    "hangup_before_connection": Outcome.HANGUP_BEFORE_CONNECTION,
    "agent_hangup_before_connection": Outcome.AGENT_HANGUP_BEFORE_CONNECTION,
    # The setting for machines is named after the detection, the outcome after what was detected.
    "answering_machine_detection": Outcome.MACHINE,
    "invalid_number": Outcome.INVALID_NUMBER,
}
_KEY_OF_OUTCOME: Final = {outcome: key for key, outcome in OUTCOME_KEYS.items()}


def document_of(campaign: Campaign, assigned: Mapping[str, Sequence[str]]) -> Document:
    """All that people change of a campaign, that it is to run included.

    `assigned` are the ids of what is assigned to it, by collection.
    """
    extensions = campaign.extensions
    return _given(
        {
            "name": campaign.name,
            "running": campaign.status is CampaignStatus.RUNNING,
            "mode": campaign.mode.value if campaign.mode else None,
            "priority": campaign.priority,
            "run_once": campaign.run_once,
            "dialing_mode_configuration": configuration_document(campaign.configuration)
            if campaign.configuration
            else None,
            "dialing_strategy": strategy_document(campaign.strategy) if campaign.strategy else None,
            "strict_priority": extensions.strict_priority,
            "holidays": list(extensions.holidays),
            "exceptions": exceptions_document(extensions.exceptions),
            "presets": list(extensions.presets),
            "abandonment_periods": list(extensions.abandonment_periods),
            "shadow": extensions.shadow,
            "detection": _detection(extensions.detection),
            "safety_message": extensions.safety_message,
            **{name: [{"id": one} for one in sorted(ids)] for name, ids in assigned.items()},
        }
    )


def fields_of(document: Mapping[str, Any], prefix: str = "") -> Document:
    """Every member by its dotted name; what is in an array is one value."""
    found: Document = {}
    for name, value in document.items():
        if isinstance(value, Mapping):
            found.update(fields_of(value, f"{prefix}{name}."))
        else:
            found[f"{prefix}{name}"] = value
    return found


def document_from(fields: Mapping[str, Any]) -> Document:
    """The document whose members have these dotted names."""
    document: Document = {}
    for name, value in fields.items():
        *path, last = name.split(".")
        here = document
        for member in path:
            here = here.setdefault(member, {})
        here[last] = value
    return document


def configuration_document(configuration: DialingConfiguration) -> Document:
    timeout = configuration.abandonment_timeout
    return _given(
        {
            "answering_machine_detection": configuration.answering_machine_detection,
            "amd_metadata": configuration.amd_metadata,
            "max_abandonment_rate": configuration.max_abandonment_rate,
            "max_dialing_ratio": configuration.max_dialing_ratio,
            "max_ring_time_in_secs": configuration.max_ring_time_in_secs,
            "abandonment_timeout": None if timeout is None else {"amount": timeout},
        }
    )


def strategy_document(strategy: DialingStrategy) -> Document:
    sorting = strategy.lists_sorting_criteria
    return _given(
        {
            "max_skip_attempts": strategy.max_skip_attempts,
            "strategy_type": strategy.strategy_type.value if strategy.strategy_type else None,
            "preview_timeout": strategy.preview_timeout,
            "max_attempts": strategy.max_attempts,
            "retry_period": strategy.retry_period,
            "retry_time_unit": strategy.retry_unit.value,
            "calling_hours": windows_document(strategy.calling_hours),
            "dispositions": {
                _KEY_OF_OUTCOME[outcome]: _rule(outcome, rule) for outcome, rule in strategy.dispositions.items()
            },
            "record_chain": [_chain_item(item) for item in strategy.record_chain] or None,
            "lists_sorting_criteria": sorting.value if sorting else None,
            "ivr_enabled": strategy.ivr_enabled,
        }
    )


def windows_document(windows: Sequence[CallingWindow]) -> list[Document]:
    return [
        {
            "from": window.start.isoformat("seconds"),
            "to": window.to.isoformat("seconds"),
            "week_days": [day.value for day in window.week_days],
        }
        for window in windows
    ]


def exceptions_document(exceptions: Sequence[DateException]) -> list[Document]:
    return [
        {
            "date": exception.on.isoformat(),
            "windows": [
                {"from": start.isoformat("seconds"), "to": to.isoformat("seconds")} for start, to in exception.windows
            ],
        }
        for exception in exceptions
    ]


def _detection(detection: Detection) -> Document | None:
    """None for the usual one."""
    return (
        _given(
            {
                "profile": None if detection.profile is None else detection.profile.value,
                **{f"{name}_in_ms": milliseconds for name, milliseconds in detection.changed},
                # Percent, as rates are in the API.
                "sample_rate": round(100 * detection.sampled, 6) or None,
            }
        )
        or None
    )


def _rule(outcome: Outcome, rule: OutcomeRule) -> Document:
    if outcome is Outcome.INVALID_NUMBER:
        return {"status_after_call": rule.status_after_call.value}
    return _given(
        {
            "status_after_call": rule.status_after_call.value,
            "custom": rule.custom,
            "max_attempts": rule.max_attempts,
            "retry_period": rule.retry_period,
            "retry_period_time_unit": rule.retry_unit.value if rule.retry_unit else None,
        }
    )


def _chain_item(item: ChainItem) -> Document:
    return _given(
        {
            "type": item.type.value,
            "max_attempts": item.max_attempts,
            "retry_period": item.retry_period,
            "retry_period_time_unit": item.retry_unit.value if item.retry_unit else None,
        }
    )


def _given(members: Mapping[str, Any]) -> Document:
    return {name: value for name, value in members.items() if value is not None}
