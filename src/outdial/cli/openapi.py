"""`outdial openapi`: the API's own description."""

import json

from outdial import bootstrap
from outdial.cli.output import JsonOption


def openapi(as_json: JsonOption = False) -> None:
    """Print the OpenAPI document of the API: JSON in any case."""
    print(json.dumps(bootstrap.openapi_document(), ensure_ascii=False, indent=None if as_json else 2))
