"""JSON merge patches: what became of a document, so small that it can be sent each second."""

from collections.abc import Mapping
from typing import Any


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """The patch that makes `after` of `before`; empty if they are the same. No member of them is null.

    Source:
        RFC 7396: null removes a member, objects are merged, everything else is replaced.
    """
    patch: dict[str, Any] = {name: None for name in before if name not in after}
    for name, new in after.items():
        old = before.get(name)
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            if inner := difference(old, new):
                patch[name] = inner
        elif name not in before or old != new:
            patch[name] = new
    return patch
