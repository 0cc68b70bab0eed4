"""Files of records before they are imported, as `/v1` shows them."""

from typing import Annotated, Literal

from pydantic import Field

from outdial.api.describe import Count, Shown
from outdial.domain.readings import ColumnUse, DuplicateRule, Encoding
from outdial.domain.records import RowKind

SeparatorShown = Annotated[Literal[",", ";", "\t", "|"], Field(examples=[","])]


class FileColumnShown(Shown):
    name: Annotated[str, Field(examples=["Forename"])]
    use: ColumnUse


class FileRowShown(Shown):
    """`raw` is the row as it stands in the file, `cells` what it is taken apart into."""

    line: Annotated[int, Field(ge=1, examples=[2], description="The header is line 1")]
    raw: Annotated[str, Field(examples=["Ana,Costa,+12025550142"])]
    cells: Annotated[list[str], Field(examples=[["Ana", "Costa", "+12025550142"]])]


class FileSampleShown(Shown):
    """The first 100 rows of a file, and how it probably is to be read."""

    encoding: Encoding
    separator: SeparatorShown
    columns: list[FileColumnShown]
    timezone: Annotated[str, Field(examples=["Europe/Lisbon"])] | None = None
    country: Annotated[str, Field(examples=["PT"])] | None = None
    duplicates: DuplicateRule
    rows: list[FileRowShown]
    corrupted: Annotated[str, Field(examples=["the file is empty"], description="Why it cannot be read so")] | None = (
        None
    )


class FileProblemShown(Shown):
    row: Annotated[int, Field(ge=1, examples=[3], description="The line of the file; the header is line 1")]
    column: str
    value: str
    code: Annotated[str, Field(examples=["PHONE_NUMBER_INVALID"])]
    kind: RowKind
    message: str


class CheckShown(Shown):
    """What an import would report. `problems` are the first 100 rows that would not be taken."""

    rows: Count
    accepted: Count
    updated: Annotated[Count, Field(description="Rows that updated a record which the list had already")]
    rejected: Annotated[Count, Field(description="Without the duplicates")]
    duplicates: Count
    by_kind: Annotated[dict[str, int], Field(examples=[{"phone_letters": 3}], description="Of the rejected rows")]
    on_do_not_call_lists: Count
    corrupted: Annotated[str, Field(examples=["the file is empty"])] | None = None
    problems: list[FileProblemShown]
