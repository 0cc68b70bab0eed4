"""Run a migration's SQL script."""

from pathlib import Path

from alembic import op


def run_script(script: Path) -> None:
    """Execute a file of SQL statements inside the migration that is running."""
    # The driver prepares what Alembic executes, one statement at a time; a script goes through its simple protocol.
    adapted = op.get_bind().connection.dbapi_connection
    assert adapted is not None
    text = script.read_text("utf-8")
    adapted.run_async(lambda connection: connection.execute(text))
