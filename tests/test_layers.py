"""Who may import whom, read from the source of every module; and what starting `coop` costs."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
PACKAGE = PROJECT / "coop_pipeline"
ANYTHING = ("",)
# part: the parts, or single modules, that it may import beside itself
MAY_IMPORT: dict[str, tuple[str, ...]] = {
    "settings": ("mistakes",),
    "forms": (),
    "intake": ("forms",),
    "store": ("forms", "intake.names", "intake.records", "intake.corrections"),
    "marts": ("forms",),
    "remote": ("forms", "intake", "store"),
    "samples": ("forms.codes",),
    "mistakes": (),
    "taking": ("mistakes", "forms", "intake", "remote", "settings", "store"),
    "sums": ("marts", "store"),
    "stages": ("forms", "intake", "marts", "mistakes", "remote", "settings", "store", "sums", "taking"),
    "outputs": ("forms", "intake", "marts", "mistakes", "settings", "stages", "store", "taking"),
    "defs": ANYTHING,
    "definitions": ANYTHING,
    "cli": ANYTHING,
}
DAGSTERS_HOME = ("defs", "definitions")


@dataclass(frozen=True)
class Import:
    importer: str  # "intake.reading"
    line: int
    name: str  # "coop_pipeline.forms.FORMS", "dagster"
    at_start: bool  # executed when the module is imported: not in a function, not under TYPE_CHECKING

    @property
    def part(self) -> str:
        return self.importer.split(".")[0]

    @property
    def ours(self) -> str | None:
        """What it imports of ours, without the package's name."""
        return self.name.removeprefix("coop_pipeline").lstrip(".") if self.name.split(".")[0] == "coop_pipeline" else None

    def __str__(self) -> str:
        return f"{self.importer}:{self.line} imports {self.name}"


def module_name(path: Path) -> str:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def read_imports(source: str, importer: str, package: str) -> Iterator[Import]:
    def visit(node: ast.AST, at_start: bool) -> Iterator[Import]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import):
                yield from (Import(importer, child.lineno, alias.name, at_start) for alias in child.names)
            elif isinstance(child, ast.ImportFrom):
                parent = package.split(".")[: len(package.split(".")) - child.level + 1] if child.level else []
                base = ".".join([*parent, *([child.module] if child.module else [])])
                yield from (Import(importer, child.lineno, f"{base}.{alias.name}", at_start) for alias in child.names)
            elif isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test):
                yield from visit(ast.Module(child.body, []), False)
                yield from visit(ast.Module(child.orelse, []), at_start)
            else:
                yield from visit(child, at_start and not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda))

    return visit(ast.parse(source), True)


def list_modules() -> dict[str, Path]:
    return {module_name(path): path for path in sorted(PACKAGE.rglob("*.py")) if path != PACKAGE / "__init__.py"}


def all_imports() -> list[Import]:
    found: list[Import] = []
    for name, path in list_modules().items():
        package = f"coop_pipeline.{name}" if path.name == "__init__.py" else f"coop_pipeline.{name}".rpartition(".")[0]
        found += read_imports(path.read_text(encoding="utf-8"), name, package)
    return found


def covers(allowed: str, imported: str) -> bool:
    return allowed == "" or imported == allowed or imported.startswith(f"{allowed}.")


IMPORTS = all_imports()


def test_imports_are_read_as_python_does() -> None:
    """The reader itself: relative, lazy and type-checking imports."""
    source = (
        "import a.b\nfrom . import c\nfrom ..d import e\nfrom .f.g import h\n"
        "if TYPE_CHECKING:\n    import i\nelse:\n    import j\n"
        "class K:\n    import l\ndef m():\n    import n\ntry:\n    import o\nexcept ImportError:\n    pass\n"
    )
    found = [(i.name, i.at_start) for i in read_imports(source, "x.y", "coop_pipeline.x")]
    assert found == [
        ("a.b", True),
        ("coop_pipeline.x.c", True),
        ("coop_pipeline.d.e", True),
        ("coop_pipeline.x.f.g.h", True),
        ("i", False),
        ("j", True),
        ("l", True),
        ("n", False),
        ("o", True),
    ]


def test_every_module_has_its_layer() -> None:
    assert {name.split(".")[0] for name in list_modules()} == set(MAY_IMPORT)
    assert len(IMPORTS) > 200


@pytest.mark.parametrize("part", MAY_IMPORT)
def test_imports_go_one_way(part: str) -> None:
    allowed = (part, *MAY_IMPORT[part])
    allowance = [
        i for i in IMPORTS
        if i.part == "outputs" and i.ours is not None and covers("defs", i.ours) and not i.at_start
    ]  # fmt: skip
    wrong = [
        str(i) for i in IMPORTS
        if i.part == part and i.ours is not None and i not in allowance and not any(covers(a, i.ours) for a in allowed)
    ]  # fmt: skip
    assert wrong == []


def test_nothing_imports_the_skin() -> None:
    wrong = [
        str(i) for i in IMPORTS
        if i.ours is not None and any(covers(skin, i.ours) for skin in ("defs", "definitions", "cli"))
        and i.part not in ("defs", "definitions", "cli") and not (i.importer == "outputs.console" and not i.at_start)
    ]  # fmt: skip
    assert wrong == []


def test_dagster_stays_in_its_home() -> None:
    assert [str(i) for i in IMPORTS if i.name.split(".")[0].startswith("dagster") and i.part not in DAGSTERS_HOME] == []


def test_no_pandas() -> None:
    """Rows travel as Arrow and sets stay in SQL: pandas costs half a second to import."""
    assert [str(i) for i in IMPORTS if i.name.split(".")[0] in ("pandas", "numpy", "polars")] == []


@pytest.mark.parametrize(
    ("library", "parts"),
    [
        ("duckdb", {"store", "marts", "outputs", "defs", "remote"}),
        ("python_calamine", {"intake"}),
        ("openpyxl", {"samples", "outputs"}),
        ("rich", {"outputs"}),
        ("fsspec", {"remote"}),
        ("distributed", {"remote"}),
    ],
)
def test_libraries_stay_where_they_belong(library: str, parts: set[str]) -> None:
    assert {i.part for i in IMPORTS if i.name.split(".")[0] == library} <= parts


def test_one_reader_of_the_environment() -> None:
    """Nothing but settings reads it; handing a value on to child processes is no reading."""
    wrong = []
    for name, path in list_modules().items():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        written = {
            id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store | ast.Del)
        }
        for node in ast.walk(tree):
            reads = isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv") and id(node) not in written
            if isinstance(node, ast.Attribute) and reads and name != "settings":
                wrong.append(f"{name}:{node.lineno}")
    assert wrong == []


def modules_after(statement: str) -> set[str]:
    code = f"import sys\n{statement}\nprint(*sys.modules, sep='\\n')"
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return {line.split(".")[0] for line in done.stdout.splitlines()}


def test_starting_coop_is_cheap() -> None:
    assert modules_after("import coop_pipeline.cli") & {"dagster", "pandas", "duckdb", "pyarrow", "openpyxl", "rich"} == set()


@pytest.mark.parametrize("module", ["outputs.checking", "outputs.console", "stages", "intake.worker"])
def test_what_check_needs_is_no_dagster(module: str) -> None:
    assert modules_after(f"import coop_pipeline.{module}") & {"dagster", "dagster_webserver", "pandas"} == set()


def test_a_worker_needs_no_database() -> None:
    """The processes that read workbooks know spreadsheets only."""
    assert modules_after("import coop_pipeline.intake.worker, coop_pipeline.intake.reading") & {"duckdb", "openpyxl"} == set()
