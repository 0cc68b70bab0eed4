"""Time, chance and identity come from the program: a statement that asks the server puts real time into simulated days.

Such a run repeats itself perfectly and is wrong, so that no comparison of logs finds it; the text of the SQL does.
"""

import re
from pathlib import Path

import outdial.adapters.storage

STORAGE = Path(outdial.adapters.storage.__file__).parent
ASKS_THE_SERVER = re.compile(
    r"\b(now\s*\(|current_(?:date|time|timestamp)\b|clock_timestamp|statement_timestamp|transaction_timestamp"
    r"|localtime(?:stamp)?\b|(?<!erlang_)random\s*\(|gen_random_uuid|uuidv[47])",
    re.IGNORECASE,
)
ALLOWED = {
    # Clocks of machines differ: who owns the dialing is told by the database's, unless a simulation gives the time.
    ("dialing.py", "coalesce($4, now())"),
    # Whether an engine is alive is asked by people who watch, and by no simulation.
    ("progress.py", "exists (select from lease where until > now())"),
    ("health.py", "exists (select from lease where until > now())"),
}


def asked(text: str, name: str) -> list[str]:
    """Lines of SQL that ask the server for time, chance or identity, comments and what is allowed left out."""
    for file, snippet in ALLOWED:
        if file == name:
            text = text.replace(snippet, "")
    lines = (re.sub(r"(--|#).*$", "", line) for line in text.splitlines())
    return [line.strip() for line in lines if ASKS_THE_SERVER.search(line) and "clock.now()" not in line]


def test_no_statement_and_no_column_default_asks_the_server() -> None:
    files = [*STORAGE.rglob("*.py"), *STORAGE.rglob("*.sql")]
    assert len(files) > 10
    found = {file.name: lines for file in files if (lines := asked(file.read_text("utf-8"), file.name))}
    assert found == {}


def test_the_search_finds_what_it_looks_for() -> None:
    assert asked("insert into x values (now())", "a.py")
    assert asked("at timestamptz default CURRENT_TIMESTAMP", "a.sql")
    assert asked("select gen_random_uuid()", "a.py")
    assert not asked("at = clock.now()", "a.py")
    assert not asked("select 1 -- never now()", "a.sql")
