"""The ways to the telephone network, as the engine sees them, and which of them are to get no calls."""

from pathlib import Path

from outdial.adapters.storage.scripts import run_script

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script(Path(__file__).with_suffix(".sql"))
