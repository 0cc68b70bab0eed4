"""Exit codes, JSON and tables: what scripts rely on."""

import json

import pytest

from outdial.cli import execute
from outdial.cli.output import ExitCode, exit_code_of, print_list, print_object, print_refusal
from outdial.domain.errors import (
    Conflict,
    FieldProblem,
    Invalid,
    NotFound,
    NotPossible,
    NotSignedIn,
    OutdialError,
    Unavailable,
)


def test_exit_codes_keep_their_numbers() -> None:
    assert {code.name.lower(): code.value for code in ExitCode} == {
        "done": 0,
        "unexpected_failure": 1,
        "usage": 2,
        "not_found": 3,
        "not_allowed": 4,
        "conflict": 5,
        "unreachable": 6,
        "refused": 7,
        "rejected_rows": 8,
        "interrupted": 130,
    }


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Invalid("x"), ExitCode.USAGE),
        (NotFound("x"), ExitCode.NOT_FOUND),
        (PermissionError("x"), ExitCode.NOT_ALLOWED),
        (Conflict("x"), ExitCode.CONFLICT),
        (Unavailable("x"), ExitCode.UNREACHABLE),
        (NotPossible("x"), ExitCode.REFUSED),
        (NotSignedIn("x"), ExitCode.NOT_ALLOWED),
        (ValueError("x"), ExitCode.UNEXPECTED_FAILURE),
    ],
)
def test_each_family_of_errors_has_an_exit_code(error: Exception, code: ExitCode) -> None:
    assert exit_code_of(error) is code


def test_every_family_of_the_domain_has_an_exit_code() -> None:
    unmapped = [
        family
        for family in OutdialError.__subclasses__()
        if family.__module__ == "outdial.domain.errors" and exit_code_of(family("x")) is ExitCode.UNEXPECTED_FAILURE
    ]
    assert unmapped == []


class TestJson:
    def test_a_result_carries_the_version_of_its_schema(self, capsys: pytest.CaptureFixture[str]) -> None:
        print_object({"name": "São Jorge"}, as_json=True)
        out, err = capsys.readouterr()
        assert json.loads(out) == {"schema_version": 1, "name": "São Jorge"}
        assert err == ""

    def test_a_list_tells_how_many_there_are_in_all(self, capsys: pytest.CaptureFixture[str]) -> None:
        print_list("users", [{"id": "a"}], ("id",), total=7, as_json=True)
        assert json.loads(capsys.readouterr().out) == {"schema_version": 1, "total": 7, "users": [{"id": "a"}]}

    def test_an_error_goes_to_stderr_with_all_its_fields(self, capsys: pytest.CaptureFixture[str]) -> None:
        print_refusal(Invalid("the user is not valid", [FieldProblem("name", "is needed")]), as_json=True)
        out, err = capsys.readouterr()
        assert out == ""
        assert json.loads(err) == {
            "error": {
                "code": "invalid",
                "message": "the user is not valid",
                "request_id": None,
                "details": [{"name": "name", "description": "is needed"}],
            }
        }


class TestText:
    def test_a_list_is_a_table_of_aligned_columns(self, capsys: pytest.CaptureFixture[str]) -> None:
        rows: list[dict[str, object]] = [{"id": "1", "name": "Ana"}, {"id": "22", "name": None}]
        print_list("users", rows, ("id", "name"), total=2, as_json=False)
        assert capsys.readouterr().out == "ID  NAME\n1   Ana\n22  -\n"

    def test_what_does_not_fit_on_the_page_is_said_on_stderr(self, capsys: pytest.CaptureFixture[str]) -> None:
        print_list("users", [{"id": "1"}], ("id",), total=2, as_json=False)
        out, err = capsys.readouterr()
        assert out == "ID\n1\n"
        assert err.startswith("1 of 2 shown")

    def test_an_error_names_every_wrong_member(self, capsys: pytest.CaptureFixture[str]) -> None:
        print_refusal(Invalid("not valid", [FieldProblem("name", "is needed")]), as_json=False)
        assert capsys.readouterr().err == "outdial: not valid\n  name: is needed\n"


class TestUsage:
    @pytest.mark.parametrize(
        "arguments",
        [
            ["nonsense"],
            ["users", "nonsense"],
            ["version", "--nonsense"],
            ["users", "create"],
            ["up", "--port", "seventy"],
            ["up", "--port", "70000"],
            ["numbers", "list", "--limit", "0"],
        ],
        ids=" ".join,
    )
    def test_a_wrong_command_line_is_a_usage_error(
        self, arguments: list[str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert execute(arguments) == ExitCode.USAGE
        out, err = capsys.readouterr()
        assert out == ""
        assert err.startswith("outdial: ")

    def test_with_json_it_is_json_too(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert execute(["users", "create", "--json"]) == ExitCode.USAGE
        error = json.loads(capsys.readouterr().err)["error"]
        assert error["code"] == "usage"
        assert "--name" in error["message"]

    def test_a_wrong_setting_is_named_and_its_value_is_not_repeated(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("OUTDIAL_PORT", "hunter2")
        monkeypatch.setenv("OUTDIAL_LOG_LEVEL", "loud")
        assert execute(["users", "list", "--json"]) == ExitCode.USAGE
        err = capsys.readouterr().err
        assert [detail["name"] for detail in json.loads(err)["error"]["details"]] == [
            "OUTDIAL_PORT",
            "OUTDIAL_LOG_LEVEL",
        ]
        assert "hunter2" not in err

    def test_an_unknown_scope_is_refused_before_anything_is_opened(self, capsys: pytest.CaptureFixture[str]) -> None:
        arguments = ["clients", "create", "--name", "crm", "--scopes", "campaigns:read campaigns:fly", "--json"]
        assert execute(arguments) == ExitCode.USAGE
        error = json.loads(capsys.readouterr().err)["error"]
        assert error["code"] == "unknown-scope"
        assert "campaigns:fly" in error["message"]


def test_version_names_the_release(capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["version", "--json"]) == ExitCode.DONE
    assert set(json.loads(capsys.readouterr().out)) == {"schema_version", "outdial", "python"}


def test_the_help_lists_the_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["--help"]) == ExitCode.DONE
    out = " ".join(capsys.readouterr().out.split())
    assert "130" in out
    assert "rejected rows" in out
