"""The pages that are made from the code: every command, preset and setting. `make docs` runs it.

    python tools/reference.py docs/reference

Knows the command line's functions and the training's settings; it knows no site builder. The pages
are made anew for each build and are not in git, so they can't differ from the code.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from importlib import resources
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import typer
from pydantic import BaseModel
from typer.models import ArgumentInfo, OptionInfo

from pawvit.cli.main import app
from pawvit.training.config import TrainConfig, load_config, presets

MADE = "<!-- Made from the code by tools/reference.py: change the code instead. -->\n\n"


@dataclass(frozen=True)
class Parameter:
    """An argument or an option: how it is written, what it takes, what it is without being given.

    Attributes:
        names: "PHOTOS", or ("--out", "-o"); of a switch both ways, ("--photos", "--no-photos").
        takes: the kind of value, or its choices; "" for a switch.
        default: as it is written on the command line; "" where there is none.
    """

    names: tuple[str, ...]
    help: str
    takes: str
    default: str
    required: bool
    is_option: bool


@dataclass(frozen=True)
class Command:
    """One command: `words` are "data split", without the program's name."""

    words: str
    help: str
    parameters: tuple[Parameter, ...]


def commands(branch: typer.Typer = app, before: str = "") -> Iterator[Command]:
    """Every command below `branch`, in the order of the code."""
    for group in branch.registered_groups:
        assert group.typer_instance is not None
        yield from commands(group.typer_instance, f"{before}{group.name} ")
    for one in branch.registered_commands:
        assert one.callback is not None
        name = one.name or one.callback.__name__.replace("_", "-")
        described = inspect.getdoc(one.callback) or ""
        yield Command(before + name, described, tuple(_parameters(one.callback)))


def groups() -> dict[str, str]:
    """The words that stand before other commands ("data"), with their help."""
    return {
        str(group.name): str(group.typer_instance.info.help or "")
        for group in app.registered_groups
        if group.typer_instance is not None
    }


def _parameters(callback: Any) -> Iterator[Parameter]:
    hints = get_type_hints(callback, include_extras=True)
    for name, parameter in inspect.signature(callback).parameters.items():
        assert get_origin(hints[name]) is Annotated, f"{callback}: {name}"
        kind, info = get_args(hints[name])[:2]
        default = parameter.default
        required = default is inspect.Parameter.empty
        takes, repeatable, switch = _takes(kind)
        if isinstance(info, ArgumentInfo):
            names: tuple[str, ...] = ((info.metavar or name.upper()).strip("[]"),)
        else:
            assert isinstance(info, OptionInfo)
            flag = "--" + name.replace("_", "-")
            # In `Annotated` the first name is taken for the default, as typer itself mends.
            first = [info.default] if isinstance(info.default, str) else []
            given = [*first, *(info.param_decls or ())] or [
                f"{flag}/--no-{flag[2:]}" if switch else flag
            ]
            names = tuple(sorted((n for d in given for n in d.split("/")), key=_short_last))
        told = info.help or ""
        if info.min is not None or info.max is not None:
            ends = (("at least", info.min), ("at most", info.max))
            told += f" ({', '.join(f'{word} {end}' for word, end in ends if end is not None)})"
        if repeatable and "repeat" not in told.lower():
            told += " Repeatable."
        if info.envvar:
            variables = [info.envvar] if isinstance(info.envvar, str) else info.envvar
            told += f" Taken from {', '.join(f'`{v}`' for v in variables)} unless given."
        shown = "" if switch and len(names) == 1 else _default(default, names, switch)
        yield Parameter(
            names, told.strip(), takes, shown, required, not isinstance(info, ArgumentInfo)
        )


def _takes(kind: Any) -> tuple[str, bool, bool]:
    """What a parameter of this type takes, whether it may be repeated, whether it is a switch."""
    if get_origin(kind) in (Union, UnionType):
        kind = next(inner for inner in get_args(kind) if inner is not type(None))
    if get_origin(kind) is list:
        return _takes(get_args(kind)[0])[0], True, False
    if get_origin(kind) is Literal:
        return ", ".join(f"`{one}`" for one in get_args(kind)), False, False
    if isinstance(kind, type) and issubclass(kind, Enum):
        return ", ".join(f"`{one.value}`" for one in kind), False, False
    words = {Path: "path", str: "text", int: "whole number", float: "number", bool: ""}
    return words[kind], False, kind is bool


def _default(value: Any, names: tuple[str, ...], switch: bool) -> str:
    if value is inspect.Parameter.empty or value is None or value == "":
        return ""
    if switch:
        return names[0] if value else names[-1]
    return str(value.value if isinstance(value, Enum) else value)


def _short_last(name: str) -> bool:
    return not name.startswith("--")


def usage(command: Command) -> str:
    """`pawvit train [PHOTOS] [OPTIONS]`, with the options that must be given spelt out."""
    words = [f"pawvit {command.words}"]
    for one in command.parameters:
        if one.is_option and one.required:
            words.append(f"{one.names[0]} {one.takes.replace(' ', '-').upper()}")
        elif not one.is_option:
            words.append(one.names[0] if one.required else f"[{one.names[0]}]")
    options = any(one.is_option and not one.required for one in command.parameters)
    return " ".join([*words, *(["[OPTIONS]"] if options else [])])


def command_page(command: Command) -> str:
    """The page of one command."""
    told = re.sub(r"(?<![`\w-])(--[a-z-]+)", r"`\1`", command.help)
    lines = [f"# pawvit {command.words}\n", told, "", "```text", usage(command), "```", ""]
    for title, option in (("Arguments", False), ("Options", True)):
        found = [one for one in command.parameters if one.is_option is option]
        if not found:
            continue
        lines += [f"## {title}\n", "| | takes | what | default |", "|---|---|---|---|"]
        for one in found:
            names = "<br>".join(f"`{name}`" for name in one.names)
            default = "**needed**" if one.required else f"`{one.default}`" if one.default else "–"
            lines.append(f"| {names} | {one.takes or '–'} | {_cell(one.help)} | {default} |")
        lines.append("")
    return MADE + "\n".join(lines)


def commands_page() -> str:
    """The list of all commands."""
    lines = ["# Commands\n", "Every command and option, as `pawvit COMMAND --help` prints them.\n"]
    lines += ["| command | what it does |", "|---|---|"]
    for one in commands():
        lines.append(f"| [`pawvit {one.words}`]({slug(one)}.md) | {first_line(one)} |")
    lines += ["", "`pawvit --version` prints the version. [What went wrong](../errors.md) has the"]
    lines += ["exit codes.", ""]
    return MADE + "\n".join(lines)


def slug(command: Command) -> str:
    """The page's name without its suffix: "data-split"."""
    return command.words.replace(" ", "-")


def first_line(command: Command) -> str:
    """What the command does, in a sentence or two."""
    return " ".join(command.help.split("\n\n")[0].split())


def preset_text(name: str) -> tuple[str, str]:
    """What the head of a preset's file says about it, and the rest of the file."""
    folder = resources.files("pawvit.training") / "presets"
    lines = (folder / f"{name}.yaml").read_text("utf-8").splitlines()
    head = next((i for i, line in enumerate(lines) if not line.startswith("#")), len(lines))
    return " ".join(line.lstrip("# ") for line in lines[:head]), "\n".join(lines[head:])


def presets_page() -> str:
    """Each preset with its file, and all of them side by side."""
    lines = [
        "# Presets\n",
        "A preset is a file of settings. `pawvit train -p NAME` takes one of these, `-p my.yaml`",
        "takes your own file, and `-s` changes [single settings](settings.md) of either.\n",
    ]
    for name in presets():
        described, text = preset_text(name)
        lines += [f"## {name}\n", described, "", f"```yaml\n{text}\n```\n"]
    names = presets()
    lines += ["## Side by side\n", "Only the settings in which they differ.\n"]
    lines += [f"| setting | {' | '.join(names)} |", "|---|" + "---|" * len(names)]
    loaded = [load_config(name) for name in names]
    for key, _, _ in settings():
        values = [_value(_reach(config, key)) for config in loaded]
        if len(set(values)) > 1:
            lines.append(f"| `{key}` | {' | '.join(values)} |")
    return MADE + "\n".join(lines) + "\n"


def settings(
    model: type[BaseModel] = TrainConfig, before: str = ""
) -> Iterator[tuple[str, str, Any]]:
    """Every setting of a training: its dotted name, what it means, its field."""
    told = _attributes(inspect.getdoc(model) or "")
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from settings(kind, f"{before}{name}.")
        else:
            yield before + name, told.get(name, ""), field


def settings_page() -> str:
    """Every setting with its meaning, choices and default."""
    lines = [
        "# Settings\n",
        "Every setting of a training, as `pawvit train -s NAME=VALUE` takes it and as it stands in",
        "a [preset](presets.md) or a file of your own. The default holds where a file says",
        "nothing; the presets say most.\n",
    ]
    sections: dict[str, list[str]] = {"": []}
    for name, told, field in settings():
        choices = get_args(field.annotation) if get_origin(field.annotation) is Literal else ()
        one_of = f" One of {', '.join(f'`{c}`' for c in choices)}." if choices else ""
        default = _value(field.get_default(call_default_factory=True))
        section = sections.setdefault(name.rpartition(".")[0], [])
        section.append(f"| `{name}` | {_cell(told + one_of)} | {default} |")
    for section, rows in sections.items():
        model = TrainConfig.model_fields[section].annotation if section else TrainConfig
        told = (inspect.getdoc(model) or "").split("\n\n")[0]
        lines += [f"\n## {section or 'The training as a whole'}\n", " ".join(told.split()), ""]
        lines += ["| setting | what | default |", "|---|---|---|", *rows]
    return MADE + "\n".join(lines) + "\n"


def _attributes(docstring: str) -> dict[str, str]:
    """The entries of a docstring's "Attributes:" section; `mean, std: …` describes both."""
    found: dict[str, str] = {}
    names: list[str] = []
    for line in docstring.partition("Attributes:\n")[2].splitlines():
        begun = re.match(r"    (\w+(?:, \w+)*): (.*)", line)
        if begun:
            names = begun[1].split(", ")
            found.update(dict.fromkeys(names, begun[2]))
        elif line.startswith("        "):
            found.update({name: f"{found[name]} {line.strip()}" for name in names})
    return found


def _reach(config: BaseModel, key: str) -> Any:
    value: Any = config
    for piece in key.split("."):
        value = getattr(value, piece)
    return value


def _value(value: Any) -> str:
    """As YAML would have it, in code signs; a dash for nothing."""
    if value is None or value == {}:
        return "–"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, tuple):
        return f"`[{', '.join(map(str, value))}]`"
    return f"`{value}`"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def pages() -> dict[str, str]:
    """Every page by its file name."""
    made = {"commands.md": commands_page()}
    made.update({f"{slug(one)}.md": command_page(one) for one in commands()})
    return {**made, "presets.md": presets_page(), "settings.md": settings_page()}


def main() -> None:
    """Writes the pages to the folder that the command line names."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    made = pages()
    for old in folder.glob("*.md"):
        if old.name not in made:
            old.unlink()
    for name, text in made.items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
