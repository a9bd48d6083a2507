"""README and docs are whole: whatever the code has is explained, whatever they name is there.

That what they say runs is in `test_docs_run.py`.
"""

from __future__ import annotations

import ast
import importlib
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer.main

import pawvit
import reference
from pawvit.cli.main import app
from pawvit.readers.columns import COLUMNS
from pawvit.training.config import TrainConfig, presets

ROOT = Path(__file__).resolve().parents[1]
DOCS, SOURCE = ROOT / "docs", ROOT / "src" / "pawvit"
MADE = DOCS / "reference"
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = reference.pages()
NAVIGATION = (ROOT / "zensical.toml").read_text(encoding="utf-8")


def written() -> list[Path]:
    """README and the pages that people write."""
    return [ROOT / "README.md", *(p for p in sorted(DOCS.rglob("*.md")) if MADE not in p.parents)]


def text_of(page: str) -> str:
    return (DOCS / page).read_text(encoding="utf-8")


# Commands, presets, settings: the pages that are made from the code


def parsed(command: Any = None, words: str = "") -> Iterator[tuple[str, set[str]]]:
    """(words, options) of each command, as the parser itself has them."""
    command = command or typer.main.get_command(app)
    if hasattr(command, "commands"):
        for name, below in command.commands.items():
            yield from parsed(below, f"{words} {name}".strip())
    else:
        options = (one for one in command.params if one.opts[0].startswith("-"))
        yield words, {name for one in options for name in (*one.opts, *one.secondary_opts)}


def test_every_command_and_option_has_its_page_and_its_help() -> None:
    found = {one.words: one for one in reference.commands()}
    assert len(found) > 10
    for words, options in parsed():
        command = found.pop(words)
        assert command.help, words
        page = PAGES[f"{reference.slug(command)}.md"]
        told = {name for one in command.parameters if one.is_option for name in one.names}
        assert told == options - {"--help"}, words
        for one in command.parameters:
            assert one.help, f"{words}: {one.names} has no help"
            assert all(f"`{name}`" in page for name in one.names)
    assert not found


def test_every_verb_stands_in_the_readme() -> None:
    for verb in typer.main.get_command(app).commands:
        assert f"pawvit {verb}" in README + (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_every_preset_says_what_it_is() -> None:
    page = reference.presets_page()
    for preset in presets():
        described, settings = reference.preset_text(preset)
        assert len(described.split()) > 5, preset
        assert described in page
        assert settings in page
        assert f"`{preset}`" in README, preset


def test_every_setting_says_what_it_means() -> None:
    told = {name: meaning for name, meaning, _ in reference.settings()}
    assert "optimiser.lr" in told
    assert [name for name, meaning in told.items() if not meaning] == []
    assert {name.partition(".")[0] for name in told} == set(TrainConfig.model_fields)


def test_the_navigation_has_every_page_and_no_other() -> None:
    pages = {p.relative_to(DOCS).as_posix() for p in written()[1:]}
    pages |= {f"reference/{name}" for name in PAGES}
    named = re.findall(r'"([\w/-]+\.md)"', NAVIGATION)
    assert sorted(named) == sorted(pages)


# Pages that people write


def test_the_table_s_page_has_every_column() -> None:
    for column in COLUMNS:
        assert f"`{column}`" in text_of("photo-table.md"), column


def test_the_errors_page_has_every_error_and_every_kind_of_problem() -> None:
    page = text_of("errors.md")
    names = {node.name for node in trees()["pawvit.errors"].body if isinstance(node, ast.ClassDef)}
    assert names == set(re.findall(r"`(\w+Error)`", page)), "errors"
    kinds = set()
    for module, tree in trees().items():
        for node in ast.walk(tree):
            if module.startswith("pawvit.audit") and isinstance(node, ast.Call):
                kinds |= set(kind_of(node))
    assert len(kinds) > 15
    assert kinds == set(re.findall(r"^\| `([\w-]+)` \| (?:error|warning)", page, flags=re.M))


def kind_of(call: ast.Call) -> Iterator[str]:
    """The kind of problem that a call makes, where it is written out there."""
    words = [arg.value if isinstance(arg, ast.Constant) else None for arg in call.args[:2]]
    made = getattr(call.func, "id", "")
    if len(words) == 2 and (words[0] in ("error", "warning") or made == "_groups") and words[1]:
        yield str(words[1])


def test_links_lead_somewhere() -> None:
    made = {MADE / name for name in PAGES}
    for page in written():
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            if not target.startswith("http"):
                there = (page.parent / target).resolve()
                assert there in made or there.exists(), f"{page.name}: {target}"
    for name, text in PAGES.items():
        for target in re.findall(r"\]\(([^)#]+\.md)", text):
            there = (MADE / target).resolve()
            assert there in made or there.exists(), f"{name}: {target}"


def test_the_readme_s_tree_is_the_tree() -> None:
    (tree,) = re.findall(r"^src/pawvit/\n(.*?)^```", README, flags=re.S | re.M)
    lines = tree.splitlines()
    rooms = {line.split()[0] for line in lines if line.startswith("  ")}
    there = {p.name + ("/" if p.is_dir() else "") for p in SOURCE.iterdir() if p.name[0] != "_"}
    assert rooms == there - {"py.typed"}
    for line in lines:
        assert len(line.split()) > 1, f"{line} has no purpose"
        if not line.startswith("  "):
            assert (ROOT / line.split()[0]).is_dir(), line


# The Python API


@cache
def trees() -> dict[str, ast.Module]:
    """The modules of pawvit by name."""
    found = {}
    for file in sorted(SOURCE.rglob("*.py")):
        parts = file.relative_to(SOURCE.parent).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found[name] = ast.parse(file.read_text(encoding="utf-8"))
    return found


def public(tree: ast.Module) -> list[ast.ClassDef | ast.FunctionDef]:
    """The classes and functions of a module that are meant for others."""
    kinds = (ast.ClassDef, ast.FunctionDef)
    return [node for node in tree.body if isinstance(node, kinds) and node.name[0] != "_"]


def covered() -> set[str]:
    """The modules that an API page shows."""
    pages = "".join(page.read_text(encoding="utf-8") for page in (DOCS / "api").glob("*.md"))
    return set(re.findall(r"^::: ([\w.]+)$", pages, flags=re.M))


def homes(package: str) -> set[str]:
    """The modules in which a package's public names are defined."""
    module = importlib.import_module(package)
    named = [getattr(module, name) for name in module.__all__]
    return {one.__module__ for one in named if getattr(one, "__module__", "").startswith(package)}


def test_every_public_module_is_on_a_page() -> None:
    shown, modules = covered(), trees()
    assert shown <= set(modules)
    packages = {
        name
        for name, tree in modules.items()
        if any("__all__" in ast.unparse(n) for n in tree.body if isinstance(n, ast.Assign))
    } - {"pawvit"}
    for name, tree in modules.items():
        package = ".".join(name.split(".")[:2])
        if package == "pawvit.cli" or not public(tree):
            continue
        # A package that lists its public names keeps the other modules for itself.
        if package not in packages or name in homes(package):
            assert name in shown, f"no page of docs/api shows {name}"


def test_every_public_name_on_a_page_has_a_docstring() -> None:
    for name in covered():
        tree = trees()[name]
        assert ast.get_docstring(tree), name
        for node in public(tree):
            assert ast.get_docstring(node), f"{name}.{node.name}"
            below = node.body if isinstance(node, ast.ClassDef) else []
            for inner in below:
                if isinstance(inner, ast.FunctionDef) and inner.name[0] != "_":
                    assert ast.get_docstring(inner), f"{name}.{node.name}.{inner.name}"


def test_the_first_page_of_the_api_has_every_name_of_pawvit_itself() -> None:
    table = text_of("api/index.md").split("## All public names")[1]
    assert sorted(re.findall(r"`(\w+)`(?=[,|]| \|)", table)) == sorted(pawvit.__all__)


def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    pytest.importorskip("zensical", reason="needs the extra `docs`")
    for name in ("docs", "src", "tools"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("README.md", "zensical.toml"):
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "docs" / "reference").mkdir(exist_ok=True)
    for name, text in PAGES.items():
        (tmp_path / "docs" / "reference" / name).write_text(text, encoding="utf-8")
    built = subprocess.run(
        [sys.executable, "-m", "zensical", "build", "--strict"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    said = built.stdout + built.stderr
    assert built.returncode == 0, said
    # griffe's warnings, of docstrings that name an argument which is not there, stop no build.
    assert "griffe:" not in said, said
    site = tmp_path / "site"
    api = "".join(page.read_text(encoding="utf-8") for page in (site / "api").glob("*.html"))
    for name in covered() - {"pawvit", "pawvit.readers", "pawvit.audit"}:
        for node in public(trees()[name]):
            assert f'id="{name}.{node.name}"' in api, f"{name}.{node.name} is on no page"
    for page in PAGES:
        assert (site / "reference" / page).with_suffix(".html").exists()
    # Nothing is loaded from elsewhere: the site is the same without a network.
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert not re.search(r'<(?:script|link|img)[^>]*(?:src|href)="https?://', text), page


def test_the_docs_extra_stays_out_of_the_core() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    core = " ".join(project["dependencies"])
    assert "zensical" not in core
    assert any(one.startswith("zensical") for one in project["optional-dependencies"]["docs"])
