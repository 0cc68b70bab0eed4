"""`outdial db`: the schema of the database."""

import typer

from outdial import bootstrap
from outdial.cli.output import JsonOption, print_object
from outdial.cli.running import run_to_end

app = typer.Typer(help="The schema of the database.", no_args_is_help=True)


@app.command()
def upgrade(as_json: JsonOption = False) -> None:
    """Bring the database to the schema of this release; `up` does so by itself."""

    with bootstrap.database_server(bootstrap.read_settings()) as server:
        before, after = run_to_end(bootstrap.migrate(server))
    print_object({"before": before, "after": after}, as_json=as_json)


@app.command()
def check(as_json: JsonOption = False) -> None:
    """Tell whether the database has the schema of this release; exit code 7 if not."""

    async def main(server: bootstrap.Server) -> str:
        return await bootstrap.check_schema(server, "`outdial db upgrade` brings it there")

    with bootstrap.database_server(bootstrap.read_settings()) as server:
        revision = run_to_end(main(server))
    print_object({"schema": revision}, as_json=as_json)
