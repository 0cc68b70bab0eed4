"""Record lists as people upload them, made by seed, with the import report that each must lead to.

The report is known from how the rows were made, not by reading them again, and nothing here uses Outdial: a test that
compares the importer with it compares two things.

Every number is out of a range that its regulator keeps for fiction: 555-0100 to 555-0199 in the United States and
Canada, the drama numbers of Ofcom, Arcep, the Bundesnetzagentur and the ACMA. No such call can reach a person.
"""

import csv
import io
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

PHONE_COLUMNS: Final = ("Mobile", "Home", "Office", "Extra 1")
COLUMNS: Final = (
    "First name",
    "Last name",
    *PHONE_COLUMNS,
    "External ID",
    "External Provider",
    "Timezone",
    "Priority",
    "Account",
    "Tariff",
    "Remarks",
)

DEFECTS: Final = (
    "missing_first_name",
    "missing_last_name",
    "name_too_long",
    "no_phone",
    "phone_letters",
    "phone_too_short",
    "phone_too_long",
    "phone_invalid",
    "bad_timezone",
    "bad_priority",
)
"""What can be wrong with a row, in the order in which an import must ask: only the first that applies is reported."""

RAGGED: Final = "wrong_column_count"
"""A row with more or fewer cells than the header; it is made on request only."""

DUPLICATE: Final = "duplicate_phone_number"


def _split(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split("|"))


_NORTH_AMERICA: Final = _split(
    "201|202|203|205|206|207|208|210|212|213|214|216|217|218|219|225|228|229|231|234|239|240|248|251|253|256|"
    "260|262|267|269|270|281|301|302|303|304|305|307|308|309|310|312|313|314|315|316|317|318|319|320|321|323|"
    "325|330|334|336|337|352|360|361|386|401|402|404|405|406|407|408|409|410|412|413|414|415|417|419|423|425|"
    "432|434|435|440|443|478|479|480|501|502|503|504|505|507|508|509|510|512|513|515|517|518|520|530|204|250|"
    "306|403|416|418|506|514|604|613|780|819|902|905"
)
# Prefix, and how many digits follow that may be anything.
_EUROPE_AND_AUSTRALIA: Final = (
    ("+442079460", 3),
    ("+441134960", 3),
    ("+441314960", 3),
    ("+441614960", 3),
    ("+33199001", 3),
    ("+33261910", 3),
    ("+33465710", 3),
    ("+493023125", 3),
    ("+496990009", 3),
    ("+498999998", 3),
    ("+61255500", 3),
    ("+61370100", 3),
    ("+61855500", 3),
)
_ZONES_OF_COUNTRY: Final = (
    ("+44", ("Europe/London",)),
    ("+33", ("Europe/Paris",)),
    ("+49", ("Europe/Berlin",)),
    ("+61", ("Australia/Sydney", "Australia/Perth", "Australia/Brisbane")),
    ("+1", ("America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles")),
)
_FIRST_NAMES: Final = _split(
    "Adèle|Agnieszka|Amara|Björn|Børge|Chiara|Dariusz|Désirée|Elif|Fatou|Gábor|Håkon|Ilse|"
    "Ioana|Jiří|Kateřina|Leïla|Maëlle|Mehmet|Ngozi|Noémie|Oskar|Paloma|Rainer|Renée|Ružena|"
    "Søren|Thandiwe|Ulrike|Vikram|Wambui|Yara|Zsófia|Émile|Өрнек"
)
_LAST_NAMES: Final = _split(
    "Abernathy|Ångström|Bakker|Benítez|Çelik|Dąbrowski|De la Cruz|Dvořák|Eriksen|Ferreira|"
    "Grünwald|Haddad|Ito|Janáček|Kamara|Łukasik|MacLeod|Mbeki|Núñez|O'Brien|"
    "Østergaard|Petrović|Quintero|Rasmussen|Sørensen|Thảo|Uzun|Van der Berg|Weiß|Yıldız|"
    "Zając|Smythe, Jr.|Costello, MD"
)
_TARIFFS: Final = ("Fibre 250", "Fibre 1000", "Mobile S", "Mobile L", "Office, 5 lines")
_REMARKS: Final = (
    "",
    "",
    "",
    "renewal due, asked for an offer",
    'wants "the same as last year"',
    "moved in spring; new address on file",
    "préfère le français",
)


@dataclass(frozen=True)
class GeneratedList:
    """A list, and what an import that looks for duplicates by phone number must report of it.

    Attributes:
        csv_bytes: the file, UTF-8.
        expected: `rows`, `accepted`, `rejected`, `duplicates` (counts), `unique_identifier_type`, `by_kind` (count of
            rejected rows by kind, without duplicates and without zeros) and `lines`: `[line, kind]` of each row that
            is not accepted, where the header is line 1 and a row that spans lines goes by its first.
        accepted_rows: the rows that become records, in order, as cells by column.
    """

    csv_bytes: bytes
    expected: dict[str, Any]
    accepted_rows: tuple[Mapping[str, str], ...]


def make_list(
    rows: int,
    seed: int,
    bad: Mapping[str, int] | int | None = None,
    *,
    duplicates: int | None = None,
    line_breaks_in_cells: bool = False,
    line_end: str = "\r\n",
    byte_order_mark: bool = False,
    with_zones: float = 0.1,
    with_priority: float = 0.5,
) -> GeneratedList:
    """Make a list of `rows` rows after the header, good and bad ones together; same arguments, same bytes.

    Args:
        bad: how many rows to spoil: by kind (of `DEFECTS` or `RAGGED`), or a count that is spread over `DEFECTS`;
            by default about one row in 70. Some get a second defect that comes later in the order of `DEFECTS`.
        duplicates: rows that repeat a number of an accepted row above, in any column; by default about one in 160.
        line_breaks_in_cells: some good rows have a remark of two lines, so that rows and lines no longer go together.
        with_zones: share of rows (0..1) with a time zone.
        with_priority: share of rows (0..1) with a priority.

    Raises:
        ValueError: an unknown kind, more spoiled rows than rows, or duplicates without a good row to repeat.
    """
    spoiled = _kinds(bad, rows)
    repeated = rows // 160 if duplicates is None else duplicates
    good = rows - len(spoiled) - repeated
    if good < 0 or (repeated and not good):
        raise ValueError(f"{rows} rows have no room for {len(spoiled)} bad rows and {repeated} duplicates")
    chance = random.Random(seed)
    plan: list[str | None] = [None] * good + list(spoiled) + [DUPLICATE] * repeated
    chance.shuffle(plan)
    if repeated:  # a duplicate needs something above it
        first_good = plan.index(None)
        plan[0], plan[first_good] = plan[first_good], plan[0]

    maker = _RowMaker(chance, with_zones, with_priority)
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator=line_end)
    writer.writerow(COLUMNS)
    line = 2
    lines: list[list[Any]] = []
    by_kind: dict[str, int] = {}
    accepted: list[Mapping[str, str]] = []
    for index, kind in enumerate(plan):
        row = maker.row(index + 1)
        cells = list(row.values())
        if kind is None:
            if line_breaks_in_cells and chance.random() < 0.2:
                row["Remarks"] = "two lines,\none remark"
            maker.keep(row)
            accepted.append(row)
            cells = list(row.values())
        else:
            lines.append([line, kind])
            if kind == DUPLICATE:
                maker.repeat(row)
            else:
                by_kind[kind] = by_kind.get(kind, 0) + 1
                if kind != RAGGED:
                    maker.spoil(row, kind)
            cells = list(row.values())
            if kind == RAGGED:
                cells = chance.choice([cells[:-1], [*cells, "surplus"], cells[:3]])
        writer.writerow(cells)
        line += 1 + sum(cell.count("\n") for cell in cells)
    expected = {
        "rows": rows,
        "accepted": len(accepted),
        "rejected": len(spoiled),
        "duplicates": repeated,
        "unique_identifier_type": "PHONE_NUMBER",
        "by_kind": by_kind,
        "lines": lines,
    }
    encoded = text.getvalue().encode("utf-8-sig" if byte_order_mark else "utf-8")
    return GeneratedList(encoded, expected, tuple(accepted))


def _kinds(bad: Mapping[str, int] | int | None, rows: int) -> Sequence[str]:
    if isinstance(bad, Mapping):
        unknown = set(bad) - {*DEFECTS, RAGGED}
        if unknown:
            raise ValueError(f"no such kinds of bad rows: {sorted(unknown)}")
        return [kind for kind, count in bad.items() for _ in range(count)]
    count = rows // 70 if bad is None else bad
    return [DEFECTS[index % len(DEFECTS)] for index in range(count)]


def _numbers(chance: random.Random) -> Iterator[str]:
    """Every number once: four in five from North America as long as there are any."""
    near = [f"+1{area}55501{last:02}" for area in _NORTH_AMERICA for last in range(100)]
    far = [f"{prefix}{last:0{free}}" for prefix, free in _EUROPE_AND_AUSTRALIA for last in range(10**free)]
    chance.shuffle(near)
    chance.shuffle(far)
    while near or far:
        yield (near if near and (not far or chance.random() < 0.8) else far).pop()


class _RowMaker:
    def __init__(self, chance: random.Random, with_zones: float, with_priority: float) -> None:
        self._chance, self._with_zones, self._with_priority = chance, with_zones, with_priority
        self._fresh = _numbers(chance)
        self._stored: list[str] = []
        self._refused: list[str] = []

    def row(self, number: int) -> dict[str, str]:
        """A good row, with numbers that no accepted row has."""
        chance = self._chance
        row = dict.fromkeys(COLUMNS, "")
        row["First name"] = chance.choice(_FIRST_NAMES)
        row["Last name"] = chance.choice(_LAST_NAMES)
        if chance.random() < 0.01:
            row["Last name"] = "Ö" * 80  # the longest that is allowed, and 160 bytes
        for column in self._phone_columns():
            row[column] = self._number()
        row["External ID"] = f"AC-{number:06}"
        row["External Provider"] = "example-crm"
        if chance.random() < self._with_zones:
            first = next(row[column] for column in PHONE_COLUMNS if row[column])
            row["Timezone"] = chance.choice(next(zones for code, zones in _ZONES_OF_COUNTRY if first.startswith(code)))
        if chance.random() < self._with_priority:
            row["Priority"] = chance.choice(("3", "5", "5", "7", "9"))
        row["Account"] = f"{chance.randrange(10**8):08}"
        row["Tariff"] = chance.choice(_TARIFFS)
        row["Remarks"] = chance.choice(_REMARKS)
        return row

    def _phone_columns(self) -> Sequence[str]:
        if self._chance.random() < 0.65:
            return ("Mobile",) if self._chance.random() < 0.8 else (self._chance.choice(PHONE_COLUMNS),)
        return self._chance.sample(PHONE_COLUMNS, self._chance.choice((2, 2, 2, 3)))

    def _number(self) -> str:
        """A number for a new row; at times one that only a refused row had, which makes no duplicate."""
        if self._refused and self._chance.random() < 0.3:
            return self._refused.pop(self._chance.randrange(len(self._refused)))
        return next(self._fresh)

    def keep(self, row: Mapping[str, str]) -> None:
        self._stored += [row[column] for column in PHONE_COLUMNS if row[column]]

    def repeat(self, row: dict[str, str]) -> None:
        """Give one of the row's phones the number of a record above, not always in the same column."""
        used = [column for column in PHONE_COLUMNS if row[column]]
        column = self._chance.choice(used)
        row[column] = self._chance.choice(self._stored)
        self._refused += [row[other] for other in used if other != column]

    def spoil(self, row: dict[str, str], kind: str) -> None:
        """Make the row bad in the way that `kind` says, and sometimes in a second way that must not be reported."""
        self._spoil_once(row, kind)
        later = [
            other
            for other in DEFECTS[DEFECTS.index(kind) + 1 :]
            if _cell_of(other) != _cell_of(kind) and other != "no_phone"
        ]
        if later and self._chance.random() < 0.3:
            self._spoil_once(row, self._chance.choice(later))
        elif _cell_of(kind) != "phone":
            if self._stored and self._chance.random() < 0.3:
                self.repeat(row)  # a bad row is told as bad, also when it is a duplicate as well
            else:
                self._refused += [row[column] for column in PHONE_COLUMNS if row[column]]

    def _spoil_once(self, row: dict[str, str], kind: str) -> None:
        chance = self._chance
        match kind:
            case "missing_first_name":
                row["First name"] = chance.choice(("", "  "))
            case "missing_last_name":
                row["Last name"] = chance.choice(("", "   "))
            case "name_too_long":
                column = chance.choice([name for name in ("First name", "Last name") if row[name].strip()])
                row[column] = "é" * chance.choice((81, 200))
            case "no_phone":
                row.update(dict.fromkeys(PHONE_COLUMNS, ""))
            case "bad_timezone":
                row["Timezone"] = chance.choice(("Europe/Atlantis", "Moon/Tycho", "GMT+25", "half past nine"))
            case "bad_priority":
                row["Priority"] = chance.choice(("0", "11", "-3", "4.5", "urgent"))
            case _:
                column = chance.choice([name for name in PHONE_COLUMNS if row[name]])
                row[column] = chance.choice(_BAD_PHONES[kind])


_BAD_PHONES: Final = {
    "phone_letters": ("ask at desk", "+1202555CALL", "unknown"),
    "phone_too_short": ("+120255", "+4420", "+1"),
    "phone_too_long": ("+12025550142999999", "+493023125000000000000"),
    "phone_invalid": ("+0202555014", "+9992025550142"),
}


def _cell_of(kind: str) -> str:
    return "phone" if kind.startswith("phone_") or kind == "no_phone" else kind
