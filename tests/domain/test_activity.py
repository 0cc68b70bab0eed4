"""What a campaign is doing, in a sentence for people."""

import pytest

from outdial.domain.activity import Activity, Doing, Elsewhere
from outdial.simulation.shift import VIRTUAL_START


@pytest.mark.parametrize(
    ("agents", "campaigns", "said"),
    [
        (1, ("Spring",), 'its one agent at work is with campaign "Spring"'),
        (4, ("Spring",), 'its 4 agents at work are all with campaign "Spring"'),
        (4, ("A", "B"), 'its 4 agents at work are all with campaigns "A" and "B"'),
        (9, ("A", "B", "C", "D", "E"), 'its 9 agents at work are all with campaigns "A", "B", "C" and 2 more'),
        (2, (), "its 2 agents at work are all with other campaigns"),
    ],
)
def test_who_has_no_agent_says_which_campaigns_have_them(agents: int, campaigns: tuple[str, ...], said: str) -> None:
    doing = Activity(Doing.AGENTS_ELSEWHERE, VIRTUAL_START, elsewhere=Elsewhere(agents, campaigns))
    assert doing.sentence() == said


@pytest.mark.parametrize("doing", Doing)
def test_everything_a_campaign_can_do_has_a_sentence(doing: Doing) -> None:
    assert Activity(doing, VIRTUAL_START).sentence().strip()
