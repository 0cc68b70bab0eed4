"""Public holidays out of the `holidays` library; countries of time zones out of the zone database's own table."""

import functools
from collections.abc import Mapping
from datetime import date
from importlib import resources
from typing import Final

import holidays

_SEVERAL: Final = ","


class PublicHolidays:
    """Implements `outdial.ports.holidays.Holidays`. Regions are ISO 3166: `US`, or with a part of it `DE-BY`."""

    def knows(self, region: str) -> bool:
        country, dash, part = region.partition("-")
        known = _regions()
        return country in known and (not dash or part in known[country])

    def regions(self) -> Mapping[str, tuple[str, ...]]:
        return _regions()

    def days_off(self, region: str, year: int) -> frozenset[date]:
        return _days_off(region, year)

    def country_of(self, zone: str) -> str | None:
        return _countries().get(zone)


@functools.cache
def _regions() -> Mapping[str, tuple[str, ...]]:
    countries = holidays.list_supported_countries(include_aliases=False)
    return {country: tuple(sorted(parts)) for country, parts in sorted(countries.items())}


@functools.lru_cache(maxsize=4096)
def _days_off(region: str, year: int) -> frozenset[date]:
    country, _, part = region.partition("-")
    return frozenset(holidays.country_holidays(country, subdiv=part or None, years=year))


@functools.cache
def _countries() -> Mapping[str, str]:
    """The country of each zone that has one; a zone's other names have it too where it is shared with no other country.

    Source:
        `zone.tab` gives each zone one country, `zone1970.tab` all those that have kept the same time since 1970, and
        `tzdata.zi` the other names: `L Asia/Kolkata Asia/Calcutta`.
    """
    found = {zone: country for country, _, zone, *_ in _rows("zone.tab")}
    alone = {zone: country for country, _, zone, *_ in _rows("zone1970.tab") if _SEVERAL not in country}
    for line in _text("tzdata.zi").splitlines():
        if line.startswith("L "):
            _, zone, other_name = line.split()
            if zone in alone:
                found.setdefault(other_name, alone[zone])
    return found


def _rows(name: str) -> list[list[str]]:
    return [line.split("\t") for line in _text(name).splitlines() if line and not line.startswith("#")]


def _text(name: str) -> str:
    return resources.files("tzdata").joinpath("zoneinfo", name).read_text("utf-8")
