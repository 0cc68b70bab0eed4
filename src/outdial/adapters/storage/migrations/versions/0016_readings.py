"""How a file is to be read, and whether its import is to be undone."""

from pathlib import Path

from outdial.adapters.storage.scripts import run_script

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script(Path(__file__).with_suffix(".sql"))
