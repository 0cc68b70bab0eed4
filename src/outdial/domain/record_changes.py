"""What a changed record means for the campaigns that dial it already."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from outdial.domain.campaigns import DateException, DialingStrategy
from outdial.domain.errors import FieldProblem, NotPossible
from outdial.domain.outcomes import Reason
from outdial.domain.retry import Phone, dialing_order
from outdial.domain.values import PhoneType


@dataclass(frozen=True, slots=True)
class DialedBy:
    """How one campaign stands to a record that it has taken in.

    Args:
        campaign: its key in storage.
        exceptions: dates on which its calling hours are others.
        phone_type: of the phone that is next.
        attempted: whether there was any attempt, counted or not.
        on_call: an attempt is open, or about to begin.
        final: no more attempts, unless the record changes before the first one.
    """

    campaign: int
    strategy: DialingStrategy | None
    exceptions: tuple[DateException, ...]
    phone_type: PhoneType
    attempted: bool
    on_call: bool
    final: bool


def phone_to_dial(
    strategy: DialingStrategy,
    phones: Sequence[Phone],
    *,
    unreachable: Collection[int],
    begun_at: PhoneType | None = None,
) -> Phone | Reason:
    """The phone with which a campaign goes on when the phones of a record have changed, or why there is none.

    `begun_at` is the type that the campaign had come to: those before it in the chain have had their turn.
    `unreachable` are the zone sets that its calling hours never open for.
    """
    order = dialing_order(strategy, phones)
    chain = [item.type for item in strategy.record_chain]
    if begun_at in chain:
        order = [phone for phone in order if chain.index(phone.type) >= chain.index(begun_at)]
    if not order:
        return Reason.NO_PHONE_LEFT
    return next((phone for phone in order if phone.zone not in unreachable), Reason.NO_COMMON_CALLING_HOURS)


class RecordOnCall(NotPossible):
    """The numbers of a record stay as they are while one of them is being called."""

    code = "record-on-call"

    def __init__(self) -> None:
        super().__init__("the record is on a call: its phone numbers can be changed when the call is over")
        self.fields = (FieldProblem("phone_numbers", "cannot be changed during a call"),)


class RecordChangeNotAllowed(NotPossible):
    """The patch asks for an operation that records do not have."""

    code = "record-change-not-allowed"

    def __init__(self, fields: Sequence[FieldProblem]) -> None:
        super().__init__("records cannot be changed in this way")
        self.fields = tuple(fields)
