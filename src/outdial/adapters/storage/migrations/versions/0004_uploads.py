"""What uploads and grants need beyond the first schema."""

from pathlib import Path

from outdial.adapters.storage.scripts import run_script

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script(Path(__file__).with_suffix(".sql"))
