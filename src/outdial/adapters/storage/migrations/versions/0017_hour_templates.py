"""Templates of calling hours."""

from pathlib import Path

from outdial.adapters.storage.scripts import run_script

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script(Path(__file__).with_suffix(".sql"))
