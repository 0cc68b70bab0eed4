"""Files on their way into lists, in a browser: looked at, checked, imported, repaired, taken back."""

import csv
import io
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import FilePayload, Locator, Page, expect

from tests.browser.console import AXE, Demo
from tests.builders.lists import make_list

Opened = Callable[..., Page]

HEADER = "First name,Last name,Mobile\n"


@pytest.fixture
def has_no_barrier(axe: str) -> Callable[[Page], None]:
    """Looks at a page as it stands: each state of an import is looked at on the way."""

    def look(page: Page) -> None:
        page.evaluate(axe)
        assert page.evaluate(AXE) == []

    return look


def csv_file(content: bytes, name: str = "people.csv") -> FilePayload:
    return {"name": name, "mimeType": "text/csv", "buffer": content}


def choose(page: Page, content: bytes, label: str = "CSV file") -> None:
    """Send a file and wait until the server shows how it reads it."""
    page.get_by_label(label).set_input_files(files=csv_file(content))
    page.get_by_role("button", name="Send and look at it").click()
    expect(page.get_by_role("heading", name="How the file is read")).to_be_visible()


def fact(page: Page, name: str) -> Locator:
    """The figure beside a name, among the counts of a check or a report."""
    return page.locator("dl.facts dt", has_text=re.compile(f"^{name}$")).locator("+ dd")


class TestAFileOfTenThousandRows:
    def test_is_checked_imported_repaired_and_imported_again(
        self, opened: Opened, demo: Demo, has_no_barrier: Callable[[Page], None]
    ) -> None:
        made = make_list(10_000, seed=5, bad=137, duplicates=20)
        kinds = made.expected["by_kind"]
        assert len(kinds) >= 9
        record_list = demo.admin.send("POST", "/record-lists", {"name": "Ten thousand"})
        page = opened(f"lists/{record_list['id']}")
        choose(page, made.csv_bytes)
        page.get_by_role("button", name="Check", exact=True).click()
        expect(page.get_by_text("Nothing has been stored yet.")).to_be_visible()
        expect(fact(page, "Rejected")).to_have_text("137")
        expect(fact(page, "Duplicates")).to_have_text("20")
        expect(fact(page, "Accepted")).to_have_text("9,843")
        page.get_by_text("The first 100 rows that would not be taken").first.click()
        has_no_barrier(page)
        assert demo.admin.get(f"/record-lists/{record_list['id']}")["records_count"] == 0
        page.get_by_role("button", name="Import", exact=True).click()
        expect(page.get_by_role("heading", name="Report")).to_be_visible()
        expect(fact(page, "Accepted")).to_have_text("9,843")
        for kind, count in kinds.items():
            expect(page.get_by_role("row", name=kind).get_by_role("cell").first).to_have_text(str(count))
        assert demo.admin.get(f"/record-lists/{record_list['id']}")["records_count"] == 9_843
        has_no_barrier(page)
        with page.expect_download() as download:
            page.get_by_role("link", name="Download the rows that were not taken").click()
        rejects = list(csv.DictReader(io.StringIO(download.value.path().read_text())))
        assert list(rejects[0])[-5:] == ["row", "column", "value", "code", "message"]
        assert len(rejects) == 157
        choose(page, repaired(rejects), "Choose the repaired file")
        expect(page.get_by_label("What “message” becomes")).to_have_value("leave_out")
        page.get_by_role("button", name="Check", exact=True).click()
        expect(fact(page, "Accepted")).to_have_text("157")
        expect(fact(page, "Rejected")).to_have_text("0")
        page.get_by_role("button", name="Import", exact=True).click()
        expect(page.get_by_role("heading", name="Report")).to_be_visible()
        assert demo.admin.get(f"/record-lists/{record_list['id']}")["records_count"] == 10_000


def repaired(rejects: list[dict[str, str]]) -> bytes:
    """A list of rejects of which every row is a sound and new record."""
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rejects[0]))
    writer.writeheader()
    for number, row in enumerate(rejects):
        sound = dict.fromkeys(row, "") | {name: row[name] for name in ("row", "column", "value", "code", "message")}
        names = {"First name": "Ana", "Last name": f"Lima {number}", "Mobile": f"+447700900{number:03}"}
        writer.writerow(sound | names)
    return out.getvalue().encode()


class TestTheReadingOfAFile:
    def test_in_a_wrong_encoding_fails_and_in_the_right_one_no_longer(
        self, opened: Opened, demo: Demo, has_no_barrier: Callable[[Page], None]
    ) -> None:
        record_list = demo.admin.send("POST", "/record-lists", {"name": "From a spreadsheet"})
        page = opened(f"lists/{record_list['id']}")
        choose(page, "Nome;Apelido;Telefone\nJoão;Conceição;212 555 0142\n".encode("cp1252"))
        expect(page.get_by_label("Encoding")).to_have_value("WINDOWS-1252")
        expect(page.get_by_label("Columns are separated by")).to_have_value(";")
        page.get_by_label("Encoding").select_option("UTF-8")
        expect(page.get_by_role("alert")).to_contain_text("It cannot be read so: the file is not encoded in UTF-8")
        expect(page.get_by_role("button", name="Check", exact=True)).to_be_disabled()
        has_no_barrier(page)
        page.get_by_label("Encoding").select_option("Windows-1252 (Western Europe)")
        expect(page.get_by_role("alert")).to_have_count(0)
        expect(page.get_by_role("row", name="João;Conceição;212 555 0142")).to_contain_text("Last name: Conceição")
        page.get_by_role("button", name="Check", exact=True).click()
        expect(page.get_by_role("row", name="phone_invalid").get_by_role("cell").first).to_have_text("1")
        page.get_by_label("Country of numbers without one").select_option("United States")
        # What was checked is what is imported.
        expect(page.get_by_role("button", name="Import", exact=True)).to_be_disabled()
        page.get_by_role("button", name="Check", exact=True).click()
        expect(fact(page, "Accepted")).to_have_text("1")
        page.get_by_role("button", name="Import", exact=True).click()
        expect(page.get_by_role("heading", name="Report")).to_be_visible()
        (record,) = demo.admin.get(f"/record-lists/{record_list['id']}/records")["_embedded"]["records"]
        assert (record["last_name"], record["phone_numbers"][0]["phone_number"]) == ("Conceição", "+12125550142")

    def test_needs_names_and_a_number_among_the_columns(
        self, opened: Opened, demo: Demo, has_no_barrier: Callable[[Page], None]
    ) -> None:
        record_list = demo.admin.send("POST", "/record-lists", {"name": "Strange columns"})
        page = opened(f"lists/{record_list['id']}")
        choose(page, b"Wer,Wie,Wo\nAna,Lima,+12025550142\n")
        lacks = page.get_by_role("group", name="What the columns lack")
        expect(lacks).to_contain_text("No column is the first name.")
        page.get_by_label("What “Wer” becomes").select_option("First name")
        page.get_by_label("What “Wie” becomes").select_option("First name")
        page.get_by_label("What “Wo” becomes").select_option("Mobile number")
        expect(lacks).to_contain_text("Two columns are the same.")
        has_no_barrier(page)
        page.get_by_label("What “Wie” becomes").select_option("Last name")
        expect(lacks).to_have_count(0)
        page.get_by_role("button", name="Check", exact=True).click()
        expect(fact(page, "Accepted")).to_have_text("1")
        page.get_by_role("button", name="Discard the file").click()
        expect(page.get_by_role("row", name="people.csv Canceled")).to_be_visible()
        has_no_barrier(page)


class TestRowsOfRecordsThatTheListHas:
    def test_update_them_where_that_is_chosen(
        self, opened: Opened, demo: Demo, has_no_barrier: Callable[[Page], None]
    ) -> None:
        page = opened("lists")
        page.get_by_role("textbox", name="Name").fill("Told apart by their customers' numbers")
        page.get_by_label("Two records are the same when they have").select_option("the same external ID and provider")
        has_no_barrier(page)
        page.get_by_role("button", name="Create and import a file").click()
        header = "First name,Last name,Mobile,External ID,External provider\n"
        choose(page, f"{header}Ana,Lima,+12025550142,K-1,crm\n".encode())
        page.get_by_role("button", name="Check", exact=True).click()
        page.get_by_role("button", name="Import", exact=True).click()
        expect(page.get_by_role("heading", name="Report")).to_be_visible()
        record_list = page.url.split("/lists/")[1].split("/")[0]
        choose(page, f"{header}Ana,Costa,+12025550143,K-1,crm\nBea,Silva,+12025550142,K-2,crm\n".encode())
        rule = page.get_by_label("Rows of records that the list has")
        expect(rule).to_have_value("REFUSE")
        page.get_by_role("button", name="Check", exact=True).click()
        expect(fact(page, "Duplicates")).to_have_text("1")
        rule.select_option("Update the record")
        page.get_by_role("button", name="Check", exact=True).click()
        expect(fact(page, "Updated")).to_have_text("1")
        expect(fact(page, "Duplicates")).to_have_text("0")
        has_no_barrier(page)
        page.get_by_role("button", name="Import", exact=True).click()
        expect(page.get_by_role("heading", name="Report")).to_be_visible()
        expect(fact(page, "Updated")).to_have_text("1")
        expect(fact(page, "Accepted")).to_have_text("1")
        records = demo.admin.get(f"/record-lists/{record_list}/records")["_embedded"]["records"]
        assert {(one["last_name"], one["phone_number"]) for one in records} == {
            ("Costa", "+12025550143"),
            ("Silva", "+12025550142"),
        }

    def test_cannot_where_nothing_tells_them_apart(self, opened: Opened, demo: Demo) -> None:
        made = demo.admin.send("POST", "/record-lists", {"name": "Alike", "unique_identifier_type": "NOTHING"})
        page = opened(f"lists/{made['id']}")
        choose(page, f"{HEADER}Ana,Lima,+12025550142\n".encode())
        expect(page.get_by_label("Rows of records that the list has")).to_have_count(0)


def test_an_import_goes_on_without_its_page_and_leaves_no_record_when_it_is_canceled(
    opened: Opened, demo: Demo, has_no_barrier: Callable[[Page], None]
) -> None:
    record_list = demo.admin.send("POST", "/record-lists", {"name": "Left alone", "unique_identifier_type": "NOTHING"})
    rows = "".join(f"Ana,Lima {number},+1202555{100 + number % 100:04}\n" for number in range(100_000))
    path = f"/record-lists/{record_list['id']}"
    upload = demo.admin.send("POST", f"{path}/upload-requests", {"csv_metadata": {"filename": "long.csv"}})
    demo.admin.api.put(upload["signed_url"], content=(HEADER + rows).encode()).raise_for_status()
    job = f"/v1/upload-requests/{upload['id']}"
    demo.admin.send("POST", f"{job}/import", {})
    page = opened(f"lists/{record_list['id']}/import/{upload['id']}")
    expect(page.get_by_role("heading", name="Progress")).to_be_visible()
    expect(page.get_by_text(re.compile("[1-9][0-9,]* of 100,000 rows read")).first).to_be_visible()
    page.close()
    left_at = demo.admin.get(job)["rows_done"]
    page = opened(f"lists/{record_list['id']}/import/{upload['id']}")
    page.wait_for_function(
        """(left) => {
          const read = document.body.innerText.match(/([\\d,]+) of 100,000/)?.[1] ?? "0";
          return Number(read.replaceAll(",", "")) > left;
        }""",
        arg=left_at,
    )
    has_no_barrier(page)
    page.get_by_role("button", name="Cancel the import").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Cancel the import").click()
    expect(page.get_by_text("This import was canceled. None of its records is in the list.")).to_be_visible()
    has_no_barrier(page)
    after = demo.admin.get(job)
    assert 0 < after["rows_done"] < 100_000
    assert (after["status"], after["accepted"]) == ("REJECTED", 0)
    assert demo.admin.get(path)["records_count"] == 0
    assert demo.admin.get(f"{path}/records")["total"] == 0


class TestDoNotCallLists:
    def test_are_asked_for_a_number_and_say_until_when_and_by_whom(self, opened: Opened, demo: Demo) -> None:
        made = demo.admin.send("POST", "/do-not-call-lists", {"name": "Asked to be left alone"})
        entry = {"phone_number": "+12025550123", "reason": "asked", "expiration_date": "2099-01-31"}
        demo.admin.send("POST", f"/do-not-call-lists/{made['id']}/entries", entry)
        page = opened("dnc")
        page.get_by_label("Phone number").fill("+1 (202) 555-0123")
        page.get_by_role("button", name="Look it up").click()
        blocked = page.get_by_role("group", name="Lists that block it")
        for said in ("Asked to be left alone", "Blocks", "2099-01-31", "asked", "Demo"):
            expect(blocked).to_contain_text(said)
        page.get_by_label("Phone number").fill("+12025550124")
        page.get_by_role("button", name="Look it up").click()
        expect(page.get_by_text("+12025550124 is blocked by none of the")).to_be_visible()

    def test_take_files_and_say_what_they_did_not_take(self, opened: Opened, demo: Demo) -> None:
        made = demo.admin.send("POST", "/do-not-call-lists", {"name": "From the authority"})
        page = opened(f"dnc/{made['id']}")
        page.get_by_label("CSV file").set_input_files(
            files=csv_file(b"Phone number,Reason\n+12025550125,register\nnobody,\n", "june.csv")
        )
        page.get_by_role("button", name="Import", exact=True).click()
        row = page.get_by_role("row", name=re.compile("june.csv"))
        expect(row).to_contain_text("Accepted")
        expect(page.get_by_role("group", name="Numbers")).to_contain_text("+12025550125")
        with page.expect_download() as download:
            row.get_by_role("link", name="Download the rows that were not taken").click()
        assert "nobody,,3,Phone number,nobody,PHONE_NUMBER_INVALID" in download.value.path().read_text()
