"""Write ``docs/command_line.md`` from the configuration classes: ``make docs``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from dnawire.cli import COMMANDS
from dnawire.config import GROUPS, Setting, settings

TARGET = Path(__file__).with_name("command_line.md")

INTRODUCTION = """\
# Command line

This page is generated from the configuration classes (`make docs`); do not edit it.

    dnawire COMMAND [OPTIONS]

{commands}

`python main.py [OPTIONS]` is `dnawire train [OPTIONS]`. `dnawire COMMAND --help` explains one.
Names are written with underscores; hyphens are accepted, abbreviations are not.
[Exit codes](exit_codes.md) are documented apart. A shell completes commands, flags and choices
after

    dnawire completion bash > ~/.local/share/bash-completion/completions/dnawire
    dnawire completion zsh > ~/.zfunc/_dnawire      # with `fpath+=~/.zfunc` before compinit

## Settings of `dnawire train`

A setting is a flag (`--num_epochs 200`) or a line of a file given with `--config FILE`
(`num_epochs: 200`, YAML or TOML, flat or below the name of its group). A flag wins over the file,
the file over the default. `--print_config` prints the resolved settings as such a file.

The last column says what a changed value means for a run that is resumed: *must match* is refused
unless it is named in `--allow_change`, *may change* is reported, *ignored* is not compared.
"""

HEAD = """\
| setting | default | allowed | meaning | on resume |
|---|---|---|---|---|"""


def command_line() -> str:
    """Return the page as Markdown."""
    commands = "\n".join(
        f"- `dnawire {name}`: {command.summary}" for name, command in COMMANDS.items()
    )
    return "\n".join((INTRODUCTION.format(commands=commands), *_groups())).rstrip() + "\n"


def _groups() -> Iterator[str]:
    for group in GROUPS:
        yield f"### {group}\n"
        yield HEAD
        yield from (_row(setting) for setting in settings().values() if setting.group == group)
        yield ""


def _row(setting: Setting) -> str:
    default = setting.default if setting.default != () else "none"
    return (
        f"| `{setting.name}` | `{default}` | {setting.allowed} | {setting.help} "
        f"| {setting.guard.value} |"
    )


if __name__ == "__main__":
    TARGET.write_text(command_line(), encoding="utf-8")
