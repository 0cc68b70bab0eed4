"""Makes the lists of this folder anew: `python examples/make_examples.py`. Same script, same bytes.

The names are invented, and the numbers come out of the ranges that regulators keep for fiction, so that nobody can be
called by mistake.
"""

import json
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from tests.builders.lists import make_list  # noqa: E402 - only found after the line above

RENEWALS_BAD = {
    "missing_first_name": 2,
    "missing_last_name": 1,
    "name_too_long": 1,
    "no_phone": 2,
    "phone_letters": 1,
    "phone_too_short": 1,
    "phone_too_long": 1,
    "bad_timezone": 2,
    "bad_priority": 1,
}


def main() -> None:
    renewals = make_list(600, seed=20260601, bad=RENEWALS_BAD, duplicates=4, with_priority=0.2)
    (HERE / "renewals.csv").write_bytes(renewals.csv_bytes)
    report = json.dumps(renewals.expected, indent=2)
    (HERE / "renewals.expected.json").write_text(report + "\n", encoding="utf-8")

    # No priorities: a demo of some seconds should not wait until a few important records are done with.
    demo = make_list(3000, seed=20260602, bad=0, duplicates=0, with_priority=0)
    (HERE / "demo.csv").write_bytes(demo.csv_bytes)


if __name__ == "__main__":
    main()
