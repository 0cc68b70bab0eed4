"""Outdial against the conformance kit."""

import ast

import pytest

from tests.acceptance.conformance import KIT, run


def test_outdial_conforms_at_every_endpoint_of_the_protocol(capfd: pytest.CaptureFixture[str]) -> None:
    code = run(["-q", "-rs", "-p", "no:cacheprovider"])
    said = capfd.readouterr().out
    assert code == 0, said
    assert "skipped" not in said
    assert "not asked" not in said


def test_the_kit_uses_nothing_of_this_server_and_nothing_beside_pytest_and_httpx() -> None:
    imported: set[str] = set()
    for file in KIT.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                imported |= {name.name.partition(".")[0] for name in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                imported.add(str(node.module).partition(".")[0])
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 1, f"{file.name} reaches outside of its folder"
    assert imported.isdisjoint({"outdial", "tests"})
    known = {
        "collections",
        "csv",
        "dataclasses",
        "datetime",
        "hashlib",
        "io",
        "os",
        "re",
        "secrets",
        "time",
        "typing",
        "urllib",
    }
    assert imported <= known | {"pytest", "httpx"}
