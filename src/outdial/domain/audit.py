"""Who changed what, when, from what to what."""

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NewType
from uuid import UUID

from outdial.domain.campaign_document import fields_of
from outdial.domain.errors import Conflict, FieldProblem, NotFound, NotPossible
from outdial.domain.values import CampaignId

ChangeId = NewType("ChangeId", UUID)


class Action(enum.Enum):
    CREATED = "created"
    CHANGED = "changed"
    DELETED = "deleted"


class Kind(enum.Enum):
    """What can be changed; the values are part of the API."""

    CAMPAIGN = "campaign"
    RECORD_LIST = "record_list"
    DNC_LIST = "do_not_call_list"
    DNC_ENTRY = "do_not_call_entry"
    USER = "user"
    NUMBER = "number"
    DISPOSITION = "disposition"
    HOUR_TEMPLATE = "hour_template"
    API_CLIENT = "api_client"
    TRUNK = "trunk"
    ATTEMPT = "attempt"
    """Of an attempt, that what an agent had said of it was corrected."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a client, the user behind it if there is one, and the request; None where nobody asked over HTTP."""

    client_id: str | None = None
    user_id: UUID | None = None
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one thing, as it was stored with it.

    Attributes:
        before: the members that changed, by dotted name, as they were; a member that had no value is missing.
        after: the same members as they became.
        undoes: the change that this one took back.
    """

    id: ChangeId
    at: datetime
    actor: Actor
    kind: Kind
    thing: UUID
    action: Action
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)
    campaign_id: CampaignId | None = None
    undoes: ChangeId | None = None

    @property
    def fields(self) -> tuple[str, ...]:
        return tuple(sorted({*self.before, *self.after}))

    def before_it(self, now: Mapping[str, Any], touched_since: Sequence[str]) -> Mapping[str, Any]:
        """The document `now` with what this change changed as it was before; `touched_since` were changed again.

        Raises:
            ChangeNotUndoable: it made or deleted its thing.
            ChangedSince: one of its fields is not as this change left it.
        """
        if self.kind is not Kind.CAMPAIGN or self.action is not Action.CHANGED:
            raise ChangeNotUndoable(self)
        present = fields_of(now)
        moved = {name for name in self.fields if present.get(name) != self.after.get(name)}
        if again := sorted(moved.union(touched_since) & set(self.fields)):
            raise ChangedSince(again)
        return {name: value for name, value in present.items() if name not in self.fields} | dict(self.before)


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """The fields of two documents that are not the same in both, as they are in the one and in the other."""
    old, new = fields_of(before), fields_of(after)
    changed = [name for name in {**old, **new} if (name in old, old.get(name)) != (name in new, new.get(name))]
    return (
        {name: old[name] for name in changed if name in old},
        {name: new[name] for name in changed if name in new},
    )


class ChangeNotFound(NotFound):
    code = "change-not-found"

    def __init__(self, change_id: object) -> None:
        super().__init__("there is no change with this id")
        self.change_id = change_id


class ChangeNotUndoable(NotPossible):
    code = "change-not-undoable"

    def __init__(self, change: Change) -> None:
        super().__init__(f"a {change.kind.value.replace('_', ' ')} that was {change.action.value} cannot be undone")


class ChangedSince(Conflict):
    """What is to be undone was changed again; `fields` says which of it."""

    code = "changed-since"

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__("what is to be undone was changed again since")
        self.fields = tuple(FieldProblem(name, "was changed again since") for name in names)
