"""What people let programs do in their name."""

from pathlib import Path

from outdial.adapters.storage.scripts import run_script

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script(Path(__file__).with_suffix(".sql"))
