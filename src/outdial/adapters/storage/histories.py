"""A record's phones and past attempts in a campaign, as the rules of retries ask for them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from outdial.adapters.storage.database import Connection, Row
from outdial.domain.outcomes import Outcome
from outdial.domain.retry import Phone, Tally
from outdial.domain.values import PhoneType
from outdial.ports.dialing import History


async def histories_of(connection: Connection, campaign: int, records: Sequence[int]) -> Mapping[int, History]:
    """The phones and past attempts of records that are in the campaign's work."""
    phones = await connection.fetch(
        """select p.record_id, p.position, p.phone_type, p.e164, p.zone_id, i.position as next_position,
             i.uncounted from dial_item i join record_phone p on p.record_id = i.record_id
           where i.campaign_id = $1 and i.record_id = any($2) order by p.record_id, p.position""",
        campaign,
        records,
    )
    past = await connection.fetch(
        """select record_id, e164, phone_type, outcome, count(*) as times from attempt
           where campaign_id = $1 and record_id = any($2) and counted group by 1, 2, 3, 4
           order by 1, 2, 3, 4""",
        campaign,
        records,
    )
    return _histories(phones, past)


def _histories(phones: Iterable[Row], past: Iterable[Row]) -> Mapping[int, History]:
    phones_of: dict[int, list[Phone]] = defaultdict(list)
    position_of_number: dict[tuple[int, int], int] = {}
    where: dict[int, tuple[int, int]] = {}
    for row in phones:
        record = row["record_id"]
        phones_of[record].append(Phone(row["position"], PhoneType.of_code(row["phone_type"]), zone=row["zone_id"]))
        position_of_number.setdefault((record, row["e164"]), row["position"])
        where[record] = (row["next_position"], row["uncounted"])
    by_outcome: dict[int, dict[Outcome, int]] = defaultdict(lambda: defaultdict(int))
    by_type: dict[int, dict[PhoneType, int]] = defaultdict(lambda: defaultdict(int))
    bad: dict[int, set[int]] = defaultdict(set)
    for row in past:
        record, outcome = row["record_id"], Outcome(row["outcome"])
        by_outcome[record][outcome] += row["times"]
        by_type[record][PhoneType.of_code(row["phone_type"])] += row["times"]
        if outcome is Outcome.INVALID_NUMBER and (record, row["e164"]) in position_of_number:
            bad[record].add(position_of_number[record, row["e164"]])
    return {
        record: History(
            tuple(found),
            where[record][0],
            Tally(
                sum(by_outcome[record].values()),
                dict(by_outcome[record]),
                dict(by_type[record]),
                where[record][1],
                frozenset(bad[record]),
            ),
        )
        for record, found in phones_of.items()
    }
