"""What Schemathesis is told to do with each request, in its own process."""

import itertools
from typing import Any

import schemathesis

_numbers = itertools.count()


@schemathesis.hook
def before_call(_: schemathesis.HookContext, case: Any, __: dict[str, Any]) -> None:
    """No idempotency key twice: else a POST after a DELETE has the first one's answer, with what is gone since."""
    key = (case.headers or {}).get("Idempotency-Key")
    if key:
        case.headers["Idempotency-Key"] = f"{key}{next(_numbers)}"
