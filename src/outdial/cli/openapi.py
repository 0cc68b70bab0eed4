"""`outdial openapi`: the API's own description."""

import json
from pathlib import Path
from typing import Annotated

import typer

from outdial import bootstrap
from outdial.cli.output import JsonOption


def openapi(
    as_json: JsonOption = False,
    out: Annotated[Path | None, typer.Option("--out", help="Write it into this file, laid out for reading")] = None,
) -> None:
    """Print the OpenAPI document of the API: JSON in any case."""
    document = bootstrap.openapi_document()
    if out is None:
        print(json.dumps(document, ensure_ascii=False, indent=None if as_json else 2))
    else:
        out.write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
