"""Where a number's callee may be: the time zones in all of which the clock must allow a call."""

import functools
import zoneinfo
from typing import Final

import phonenumbers
from phonenumbers import timezone as prefix_zones

from outdial.domain.values import PhoneNumber

ZoneNames = tuple[str, ...]
"""IANA names, sorted, each once; the identity of an interned set of zones."""

LONGEST_NAME: Final = 35
_UNKNOWN: Final = (prefix_zones.UNKNOWN_TIMEZONE,)
# Entries of the zone database that name no place: what they mean differs from machine to machine, or is nothing.
_NOT_PLACES: Final = frozenset({"localtime", "Factory", "posixrules"})


@functools.cache
def _known() -> dict[str, str]:
    return {name.casefold(): name for name in sorted(zoneinfo.available_timezones() - _NOT_PLACES)}


def zone_name(text: str) -> str | None:
    """The IANA name as the zone database spells it, whatever case it came in; None when there is no such zone."""
    return _known().get(text.casefold()) if len(text) <= LONGEST_NAME else None


def zones_of_parsed(number: phonenumbers.PhoneNumber) -> ZoneNames:
    """All zones in which the holder of a number may live; empty when nothing is known of it.

    A mobile or free-phone number tells no more than its country in most plans, so it has all zones of the country.
    """
    names = prefix_zones.time_zones_for_number(number)
    if names == _UNKNOWN:
        # A range that the library's plan leaves open (fiction, or newer than the data): its prefix still tells.
        names = prefix_zones.time_zones_for_geographical_number(number)
    return () if names == _UNKNOWN else tuple(sorted(set(names)))


def zones_of(number: PhoneNumber, timezone: str | None) -> ZoneNames:
    """The zones that bind a call to `number`: the record's own if it names one, else all zones of the number's prefix.

    Empty when the record names none and the prefix belongs to no place (satellite, international free-phone).
    """
    return (timezone,) if timezone else zones_of_parsed(phonenumbers.parse(number, None))
