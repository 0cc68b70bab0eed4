"""What a person at the terminal reads while it dials."""

import io

from rich.console import Console

from outdial.cli.live import one_line, table
from tests.dialer.conftest import BUSY, NO_ANSWER, Tell, World, answers


def drawn(world: World) -> str:
    """The table as text, on a wide screen without colours."""
    screen = io.StringIO()
    Console(file=screen, width=140).print(table(world.live, "Spring renewals"))
    return screen.getvalue()


def test_the_table_tells_agents_calls_pacing_abandonment_outcomes_progress_and_the_reason(tell: Tell) -> None:
    async def story(world: World) -> None:
        await world.run_for(20.0)
        text = drawn(world)
        for words in (
            "Spring renewals",
            "1 ready  0 reserved  1 talking",
            "1 in conversation",
            "of 6 allowed",
            "0.00% of people answered, cap 3 %",
            "1 busy",
            "0 of 8 final",
            "2026-06-01 00:00:20 UTC",
            "dialing at 0.50, limited by the agents ready",
        ):
            assert words in text, f"{words!r} is not in\n{text}"

    tell(story, [answers(talk=600.0), BUSY, *[NO_ANSWER] * 6], agents=2)


def test_without_a_terminal_it_is_one_plain_line(tell: Tell) -> None:
    async def story(world: World) -> None:
        await world.run_for(20.0)
        line = one_line(world.live, world.loop)
        assert "\n" not in line
        assert line.startswith("Mon 00:00:20 UTC  0/2 records final, 1 attempts, 1 calls, 1 talking, 0 ready")

    tell(story, [answers(talk=600.0), BUSY], agents=1)


def test_before_the_first_campaign_it_says_that_it_is_starting(tell: Tell) -> None:
    async def story(world: World) -> None:
        assert "starting" in drawn(world)
        await world.run_for(1.0)

    tell(story, [BUSY])
