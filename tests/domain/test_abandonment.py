"""How abandonment stands to its cap, how it came so, and when that was news."""

from datetime import UTC, datetime, timedelta

from outdial.domain.abandonment import Abandonment, LiveCall, Standing, crossings, history

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
CAP = 0.03


def calls(*abandoned: bool) -> list[LiveCall]:
    """One a minute from noon on."""
    return [LiveCall(NOON + timedelta(minutes=n), one) for n, one in enumerate(abandoned)]


def minute(at: datetime) -> int:
    return round((at - NOON) / timedelta(minutes=1))


class TestHistory:
    def test_is_counted_back_from_now(self) -> None:
        past = history(Abandonment(4, 146), calls(False, True, False))
        assert [(minute(at), stood) for at, stood in past] == [
            (0, Abandonment(3, 145)),
            (1, Abandonment(4, 145)),
            (2, Abandonment(4, 146)),
        ]

    def test_says_nothing_of_fewer_than_a_hundred_calls(self) -> None:
        assert [minute(at) for at, _ in history(Abandonment(2, 99), calls(False, False, False))] == [1, 2]
        assert history(Abandonment(50, 49), calls(True)) == []

    def test_is_in_the_order_in_which_calls_ended(self) -> None:
        past = history(Abandonment(3, 147), calls(False, True)[::-1])
        assert [minute(at) for at, _ in past] == [0, 1]


class TestNews:
    def stood(self, *abandoned: int) -> list[tuple[datetime, Abandonment]]:
        """Of a thousand people who answered."""
        return [(NOON + timedelta(minutes=n), Abandonment(one, 1000 - one)) for n, one in enumerate(abandoned)]

    def test_is_that_it_came_near_the_cap_and_over_it(self) -> None:
        found = crossings(self.stood(20, 23, 24, 29, 30), CAP)
        assert [(minute(at), standing) for at, standing, _ in found] == [(2, Standing.NEAR), (4, Standing.OVER)]
        assert [rate for _, _, rate in found] == [0.024, 0.03]

    def test_is_not_how_it_began(self) -> None:
        assert crossings(self.stood(40, 41), CAP) == []
        assert crossings([], CAP) == []

    def test_is_told_once_while_it_wavers_at_a_border(self) -> None:
        assert [one[1] for one in crossings(self.stood(20, 24, 23, 24, 23, 24), CAP)] == [Standing.NEAR]

    def test_is_that_it_went_back(self) -> None:
        found = crossings(self.stood(31, 29, 28, 22), CAP)
        assert [(minute(at), standing) for at, standing, _ in found] == [(2, Standing.NEAR), (3, Standing.WITHIN)]


def test_of_nobody_the_rate_is_nothing() -> None:
    nobody = Abandonment(0, 0)
    assert (nobody.rate, nobody.enough) == (0.0, False)
