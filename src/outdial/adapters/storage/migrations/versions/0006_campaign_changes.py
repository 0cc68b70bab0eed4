"""Settings beyond the compatible ones, and the audit of changes."""

from pathlib import Path

from outdial.adapters.storage.scripts import run_script

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script(Path(__file__).with_suffix(".sql"))
