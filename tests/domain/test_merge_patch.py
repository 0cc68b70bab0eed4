"""A patch makes of the old document the new one, and names nothing that stayed."""

from collections.abc import Mapping
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from outdial.domain.merge_patch import difference


def applied(patch: Mapping[str, Any], document: Mapping[str, Any]) -> dict[str, Any]:
    """RFC 7396 section 2, as a client carries it out."""
    result = dict(document)
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        elif isinstance(value, dict):
            below = result.get(name)
            result[name] = applied(value, below if isinstance(below, dict) else {})
        else:
            result[name] = value
    return result


names = st.sampled_from("abcd")
values = st.integers(0, 3) | st.just([1, 2])
flat = st.dictionaries(names, values, max_size=4)
documents = st.dictionaries(names, values | flat, max_size=4)


@given(documents, documents)
def test_a_patch_makes_the_new_document_of_the_old_one(before: dict[str, Any], after: dict[str, Any]) -> None:
    assert applied(difference(before, after), before) == after


@given(documents)
def test_nothing_changed_is_an_empty_patch(document: dict[str, Any]) -> None:
    assert difference(document, document) == {}


def test_only_what_changed_is_named() -> None:
    before = {"agents": {"ana": {"state": "ready", "since": 1}, "bea": {"state": "paused"}}, "total": 2}
    after = {"agents": {"ana": {"state": "talking", "since": 1}}, "total": 1, "points": {"60": [1, 2]}}
    assert difference(before, after) == {
        "agents": {"ana": {"state": "talking"}, "bea": None},
        "total": 1,
        "points": {"60": [1, 2]},
    }
