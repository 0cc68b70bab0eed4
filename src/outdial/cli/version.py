"""`outdial version`: which release this is."""

import platform
from importlib.metadata import version as installed_version

from outdial.cli.output import JsonOption, print_object


def version(as_json: JsonOption = False) -> None:
    """Print the release of Outdial and of the Python it runs on."""
    release = {"outdial": installed_version("outdial"), "python": platform.python_version()}
    print_object(release, as_json=as_json)
