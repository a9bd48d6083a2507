"""Data flows one way: no module imports from a room further down the line."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import pawvit

SOURCE = Path(pawvit.__file__).parent

# Rooms on one line may know each other only as FRIENDS says; all may know the lines above.
LINES = [
    {"errors", "ranking"},
    {"anatomy", "files", "images", "photos", "partmaps", "metrics", "descriptors", "tensorfile"},
    {"encounters", "splits"},
    {"readers", "audit", "herd", "model", "protocols"},
    {"teacher", "losses", "embedder", "sets"},
    {"training", "partformats"},
    {"evaluation", "catalogue", "identify"},
    {"report"},
    {"reproduce"},
    {"cli"},
]
FRIENDS = {
    ("anatomy", "files", "images", "photos", "partmaps", "metrics", "descriptors", "tensorfile"),
    ("encounters", "splits"),
    ("evaluation", "catalogue", "identify"),
}
FORBIDDEN = {
    "training": {"teacher", "readers", "embedder"},
    "losses": {"training", "teacher"},
    "teacher": {"training", "losses"},
    "partformats": {"readers", "model"},
    "model": {"readers", "protocols", "herd"},
    "herd": {"model", "readers"},
    "sets": {"model", "protocols", "herd"},
}
WITHOUT_TORCH = [
    "ranking",
    "metrics",
    "protocols",
    "descriptors",
    "evaluation",
    "catalogue",
    "identify",
]


def line_of(room: str) -> int:
    (found,) = (number for number, rooms in enumerate(LINES) if room in rooms)
    return found


def imports() -> list[tuple[str, str, str]]:
    """(file, its room, a room that it imports), imports inside functions included."""
    found = []
    for file in sorted(SOURCE.rglob("*.py")):
        inside = file.relative_to(SOURCE)
        room = inside.parts[0].removesuffix(".py")
        if room in ("__init__", "__main__"):
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            modules = []
            if isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module:
                modules = [node.module]
                if node.module == "pawvit":
                    modules = [f"pawvit.{alias.name}" for alias in node.names]
            for module in modules:
                pieces = module.split(".")
                if pieces[0] == "pawvit" and len(pieces) > 1 and pieces[1] != room:
                    found.append((str(inside), room, pieces[1]))
    return found


def test_every_room_has_its_place() -> None:
    rooms = {p.name.removesuffix(".py") for p in SOURCE.iterdir() if not p.name.startswith("_")}
    assert rooms - {"py.typed"} == set().union(*LINES)


def test_imports_go_one_way() -> None:
    found = imports()
    assert len(found) > 100
    for file, room, other in found:
        here, there = line_of(room), line_of(other)
        friends = any(room in group and other in group for group in FRIENDS)
        assert there < here or (there == here and friends), f"{file} imports {other}"
        assert other not in FORBIDDEN.get(room, set()), f"{file} imports {other}"


@pytest.mark.parametrize("module", WITHOUT_TORCH)
def test_rooms_without_torch(module: str) -> None:
    code = f"import sys, pawvit.{module}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_command_line_starts_light() -> None:
    code = (
        "import sys, pawvit.cli.main; "
        "heavy = {'torch', 'timm', 'pandas', 'numpy', 'PIL', 'sqlalchemy'} & set(sys.modules); "
        "sys.exit(', '.join(heavy) or 0)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr


def test_every_module_says_what_it_is() -> None:
    for file in SOURCE.rglob("*.py"):
        assert ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))), file
