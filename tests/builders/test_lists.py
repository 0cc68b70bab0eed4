"""The list maker tells the truth about its lists: seen here with a plain reader of its own."""

import csv
import io

import phonenumbers
import pytest

from tests.builders.lists import COLUMNS, DEFECTS, DUPLICATE, PHONE_COLUMNS, RAGGED, GeneratedList, make_list


def rows_by_line(made: GeneratedList) -> dict[int, list[str]]:
    """The rows of the file by the line on which each begins."""
    reader = csv.reader(io.StringIO(made.csv_bytes.decode("utf-8-sig"), newline=""))
    rows, line = {}, 1
    for row in reader:
        rows[line] = row
        line = reader.line_num + 1
    assert tuple(rows.pop(1)) == COLUMNS
    return rows


def test_same_seed_same_bytes_and_another_seed_other_bytes() -> None:
    assert make_list(200, 7) == make_list(200, 7)
    assert make_list(200, 7).csv_bytes != make_list(200, 8).csv_bytes


@pytest.mark.parametrize("seed", range(5))
def test_the_lines_of_the_report_are_exactly_the_rows_that_are_not_accepted(seed: int) -> None:
    made = make_list(400, seed, bad=40, duplicates=10, line_breaks_in_cells=True)
    rows = rows_by_line(made)
    refused = {line for line, _ in made.expected["lines"]}
    kept = [dict(zip(COLUMNS, row, strict=True)) for line, row in rows.items() if line not in refused]
    assert kept == [dict(row) for row in made.accepted_rows]
    assert len(rows) == 400
    assert (made.expected["accepted"], made.expected["rejected"], made.expected["duplicates"]) == (350, 40, 10)


@pytest.mark.parametrize("seed", range(5))
def test_every_number_of_an_accepted_row_is_possible_and_appears_once(seed: int) -> None:
    made = make_list(1000, seed)
    numbers = [row[column] for row in made.accepted_rows for column in PHONE_COLUMNS if row[column]]
    assert len(numbers) == len(set(numbers))
    assert all(phonenumbers.is_valid_number(phonenumbers.parse(number)) for number in numbers)


def test_a_duplicate_repeats_a_number_of_an_accepted_row_above_it() -> None:
    made = make_list(300, 3, bad=20, duplicates=30)
    kinds = dict(made.expected["lines"])
    stored: set[str] = set()
    for line, row in rows_by_line(made).items():
        numbers = {cell for column, cell in zip(COLUMNS, row, strict=True) if column in PHONE_COLUMNS and cell}
        if line not in kinds:
            assert not numbers & stored
            stored |= numbers
        elif kinds[line] == DUPLICATE:
            assert numbers & stored


def test_kinds_can_be_chosen() -> None:
    made = make_list(50, 1, bad={"bad_priority": 2, RAGGED: 3}, duplicates=0)
    assert made.expected["by_kind"] == {"bad_priority": 2, RAGGED: 3}
    rows = rows_by_line(made)
    ragged = [line for line, row in rows.items() if len(row) != len(COLUMNS)]
    assert ragged == [line for line, kind in made.expected["lines"] if kind == RAGGED]


def test_a_count_is_spread_over_all_kinds() -> None:
    assert make_list(100, 1, bad=len(DEFECTS)).expected["by_kind"] == dict.fromkeys(DEFECTS, 1)


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="wrong_mood"):
        make_list(10, 1, bad={"wrong_mood": 1})


def test_a_duplicate_needs_something_to_repeat() -> None:
    with pytest.raises(ValueError, match="no room"):
        make_list(3, 1, bad=2, duplicates=1)
