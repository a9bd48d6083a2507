"""README and docs are true: the commands, presets and files that they name are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer.main

from pawvit.cli.main import app
from pawvit.training.config import presets

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMAND = typer.main.get_command(app)


def lines_of_commands() -> list[str]:
    blocks = re.findall(r"```bash\n(.*?)```", README, flags=re.S)
    return [line.split("#")[0].strip() for block in blocks for line in block.splitlines()]


@pytest.mark.parametrize("line", [x for x in lines_of_commands() if x.startswith("pawvit")])
def test_a_command_of_the_readme_has_the_options_that_it_is_given(line: str) -> None:
    command, words = COMMAND, line.split()[1:]
    while words and hasattr(command, "commands"):
        command = command.commands[words.pop(0)]
    known = {option for parameter in command.params for option in parameter.opts}
    for word in words:
        if word.startswith("-"):
            assert word in known, f"{word} in: {line}"


def test_every_verb_stands_in_the_readme() -> None:
    text = README + (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    for verb in COMMAND.commands:
        assert f"pawvit {verb}" in text, verb


def test_every_preset_and_every_room_stands_in_the_readme() -> None:
    for preset in presets():
        assert f"`{preset}`" in README, preset
    tree = README.split("## The tree")[1]
    for room in (ROOT / "src/pawvit").iterdir():
        if room.name.startswith("_") or room.name == "py.typed":
            continue
        name = room.name + ("/" if room.is_dir() else "")
        assert f"  {name} " in tree, name


def test_links_of_the_docs_lead_somewhere() -> None:
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
            if not target.startswith("http"):
                assert (page.parent / target).exists(), f"{page.name}: {target}"
