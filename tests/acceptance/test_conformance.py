"""Outdial against the conformance kit."""

import ast

from tests.acceptance.conformance import KIT, run


def test_outdial_conforms() -> None:
    assert run(["-q", "-p", "no:cacheprovider"]) == 0


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
    known = {"collections", "dataclasses", "datetime", "hashlib", "os", "re", "secrets", "time", "typing", "urllib"}
    assert imported <= known | {"pytest", "httpx"}
