"""Dispositions that say who answered."""

from pathlib import Path

from outdial.adapters.storage.scripts import run_script

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script(Path(__file__).with_suffix(".sql"))
