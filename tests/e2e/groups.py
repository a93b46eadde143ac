"""Runs of several processes, forked like single ones and told their places by the environment."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from types import MappingProxyType

from harness import Action, Command, Ended, TrainingProcess, real_command, without_figures

from dnawire.errors import EXIT_FINISHED


def as_process(place: Mapping[str, str], command: Command, flags: tuple[str, ...]) -> int:
    """Do what the command does, as one of several processes."""
    os.environ.update(place)
    return command(flags)


def free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        return str(probe.getsockname()[1])


def do_nothing(moment: str, count: int) -> None:
    """Let the process go on."""


def run_each(
    folder: Path,
    flags: Sequence[Sequence[str]],
    actions: Mapping[int, Action] = MappingProxyType({}),
    command: Command = real_command,
    commands: Mapping[int, Command] = MappingProxyType({}),
) -> list[Ended]:
    """Live the processes of one run; each has flags, and may have an action or a command."""
    common = {"MASTER_ADDR": "localhost", "MASTER_PORT": free_port(), "WORLD_SIZE": str(len(flags))}
    processes = []
    for rank, words in enumerate(flags):
        place = {**common, "RANK": str(rank), "LOCAL_RANK": str(rank)}
        own = partial(as_process, place, commands.get(rank, command))
        processes.append(
            TrainingProcess(folder, *words, action=actions.get(rank, do_nothing), command=own)
        )
    return [process.end() for process in processes]


def run_together(
    folder: Path, size: int, *flags: str, actions: Mapping[int, Action] = MappingProxyType({})
) -> list[Ended]:
    return run_each(folder, [flags] * size, actions)


def finish_together(folder: Path, size: int, *flags: str) -> str:
    """Train to the end without figures; return the messages of rank 0, which alone has any."""
    ends = run_each(folder, [flags] * size, command=without_figures)
    assert {ended.exit_code for ended in ends} == {EXIT_FINISHED}, ends
    assert not any(ended.messages for ended in ends[1:]), ends
    return ends[0].messages
