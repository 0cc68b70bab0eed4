"""What the pacer saw, and forecasts."""

from pathlib import Path

from outdial.adapters.storage.scripts import run_script

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script(Path(__file__).with_suffix(".sql"))
