"""The embedded PostgreSQL: found, started, adopted, stopped and thrown away."""

from outdial.adapters.postgres.config import Durability
from outdial.adapters.postgres.errors import EmbeddedPostgresError
from outdial.adapters.postgres.supervisor import EmbeddedPostgres, ServerAddress, find_running
from outdial.adapters.postgres.temporary import temporary_postgres

__all__ = [
    "Durability",
    "EmbeddedPostgres",
    "EmbeddedPostgresError",
    "ServerAddress",
    "find_running",
    "temporary_postgres",
]
