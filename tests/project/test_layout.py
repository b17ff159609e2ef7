"""The shape of the project: packages, sizes of files, directions of imports, forbidden calls."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted(p for folder in ("compiler", "runtime") for p in (ROOT / folder).rglob("*.py"))
BELOW = {
    "nnc.compiler.frontend": ("nnc.compiler.passes", "nnc.compiler.codegen", "nnc.runtime"),
    "nnc.compiler.ir": ("nnc.compiler.frontend", "nnc.compiler.passes", "nnc.compiler.codegen", "nnc.runtime"),
    "nnc.compiler.passes": ("nnc.compiler.frontend", "nnc.compiler.codegen", "nnc.runtime"),
    "nnc.compiler.codegen": ("nnc.compiler.frontend", "nnc.runtime"),
    "nnc.compiler": ("nnc.runtime", "nnc.extensions"),
}
"""What a package must not import."""


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    if parts[:2] == ("runtime", "extensions"):
        parts = parts[1:]
    if parts[:2] == ("runtime", "compat"):  # its folders are packages of `nnc` itself
        parts = parts[2:] if len(parts) > 3 else parts[1:]
    return "nnc." + ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {a.name for a in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            found |= {node.module, *(f"{node.module}.{a.name}" for a in node.names)}
    return found


def test_every_folder_of_code_is_packaged() -> None:
    listed = set(tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["packages"])
    there = {module_name(p) for p in SOURCES if p.name == "__init__.py"}
    assert listed == (there - {"nnc.runtime.api"}) | {"nnc"}


def test_the_version_stands_in_one_place_only_once() -> None:
    from nnc.compiler import __version__

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == __version__


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_dependencies_point_one_way(path: Path) -> None:
    name = module_name(path)
    for package, forbidden in BELOW.items():
        if name == package or name.startswith(package + "."):
            wrong = [i for i in imports(path) for f in forbidden if i == f or i.startswith(f + ".")]
            assert not wrong, f"{name} imports {wrong}"
    doubled = [i for i in imports(path) if re.match(r"(compiler|runtime)(\.|$)|nnc\.runtime\.(api|extensions)", i)]
    assert not doubled, f"{name} imports {doubled}, a second copy of the package"


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_reader_can_hold_a_file_in_mind(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").count("\n")
    assert lines <= 500, f"{lines} lines: cut it where a reader would"


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_code_is_made_from_strings(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert not imports(path) & {"pickle", "shelve", "marshal", "dill"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name):
                assert node.func.id not in ("eval", "exec"), f"line {node.lineno}"
            for keyword in node.keywords:
                value = keyword.value
                if keyword.arg in ("shell", "allow_pickle"):
                    assert isinstance(value, ast.Constant), f"line {node.lineno}"
                    assert value.value is False, f"line {node.lineno}"


def test_no_fast_maths_anywhere() -> None:
    for path in SOURCES:
        text = path.read_text(encoding="utf-8")
        assert "-ffast-math" not in text
        assert not re.search(r"\bf(add|mul|sub|div) (fast|contract|reassoc)\b", text), path


@pytest.mark.parametrize("heading", ["Run it", "Test it"])
def test_the_readme_has_its_two_commands(heading: str) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    match = re.search(rf"^## {heading}\n+```sh\n(.+)\n```", text, re.MULTILINE)
    assert match, heading
    assert "\n" not in match.group(1)
