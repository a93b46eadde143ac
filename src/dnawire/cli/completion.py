"""``dnawire completion``: a script that completes commands and flags in a shell."""

from __future__ import annotations

import functools
import importlib
import operator
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import tyro

from dnawire.cli._flags import CONFIG, parse
from dnawire.cli._scalars import REGISTRY
from dnawire.errors import EXIT_FINISHED


@dataclass(frozen=True)
class CompletionFlags:
    """Print a script that completes commands, flags and choices.

    For bash: dnawire completion bash > ~/.local/share/bash-completion/completions/dnawire
    For zsh: dnawire completion zsh > a file _dnawire in a folder of $fpath.
    """

    shell: tyro.conf.Positional[Literal["bash", "zsh"]]
    """Which shell it is for."""


def run(arguments: Sequence[str]) -> int:
    """Print the script and return the exit code."""
    flags = parse(CompletionFlags, arguments, "completion")
    try:
        tyro.cli(
            _all_commands(),
            prog="dnawire",
            args=["--tyro-print-completion", flags.shell],
            use_underscores=True,
            registry=REGISTRY,
            config=CONFIG,
        )
    except SystemExit as end:
        return int(end.code or EXIT_FINISHED)
    raise AssertionError


def _all_commands() -> Any:  # noqa: ANN401
    """Flags of every command as the choices of one parser."""
    from dnawire.cli import COMMANDS

    kinds = (
        Annotated[_flags_of(command.module), tyro.conf.subcommand(name, prefix_name=False)]
        for name, command in COMMANDS.items()
    )
    return functools.reduce(operator.or_, kinds)


def _flags_of(module: str) -> Any:  # noqa: ANN401
    """The dataclass of flags that a command declares, and no other."""
    name = module.removesuffix("_records").capitalize() + "Flags"
    return getattr(importlib.import_module(f"dnawire.cli.{module}"), name)
