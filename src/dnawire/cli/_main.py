"""The command ``dnawire``: finds the subcommand, reports errors, returns the exit code."""

from __future__ import annotations

import importlib
import logging
import os
import sys
import traceback
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, NoReturn

from dnawire import __version__
from dnawire.cli._last_resort import report_unexpected
from dnawire.cli._limits import ensure_open_files
from dnawire.cli._output import OutputError, checked, open_closed_streams, tell
from dnawire.cluster import signals
from dnawire.errors import (
    EXIT_FINISHED,
    EXIT_INTERRUPTED,
    EXIT_IO_ERROR,
    EXIT_USAGE,
    DnawireError,
    UsageError,
)
from dnawire.workers import one_thread

TYRO_USAGE_ERROR: Final = 2
EXIT_BROKEN_PIPE: Final = 128 + 13


@dataclass(frozen=True)
class Command:
    """A subcommand: its module offers ``run(arguments) -> exit code``."""

    module: str
    summary: str


COMMANDS: Final[Mapping[str, Command]] = MappingProxyType(
    {
        "train": Command("train", "train a model, or resume its training"),
        "status": Command("status", "show how runs are doing"),
        "runs": Command("runs", "compare training runs: settings, learning curves, scores"),
        "report": Command("report", "write one HTML file on runs, with an explorer of sequences"),
        "doctor": Command("doctor", "tell what a run will meet here: signals, time, storage"),
        "predict": Command("predict", "predict the spectra of a sequence"),
        "ensemble": Command("ensemble", "predict the conductance of many geometries"),
        "export": Command("export", "write a trained model to pass on: a folder or one file"),
        "screen": Command("screen", "rank many sequences by one quantity"),
        "design": Command("design", "find sequences with a wanted conductance, T(E) or contrast"),
        "iv": Command("iv", "current and differential conductance at a bias"),
        "thermoelectric": Command(
            "thermoelectric", "conductance, Seebeck coefficient and heat conductance"
        ),
        "dephasing": Command("dephasing", "conductance with probes that break the phase"),
        "disorder": Command("disorder", "distribution of the conductance over static disorder"),
        "series": Command("series", "compute conductance against length, and its decay"),
        "scan": Command("scan", "compute the effect of every single change of a sequence"),
        "evaluate": Command("evaluate", "score a model on records"),
        "calibrate": Command("calibrate", "give an ensemble intervals, from records held out"),
        "uncertainty": Command("uncertainty", "tell the sources of uncertainty apart"),
        "compare": Command("compare", "compare the spectra of models on the same sequences"),
        "fit": Command("fit", "fit a table of measured conductances"),
        "generate": Command("generate", "generate a file of records"),
        "import": Command("import_records", "turn foreign records into a file of records"),
        "structure": Command(
            "structure", "build or read structures with all atoms, and write them"
        ),
        "parameters": Command("parameters", "list or show the tight-binding parameter sets"),
        "completion": Command("completion", "complete commands and flags in your shell"),
    }
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    Parameters
    ----------
    argv
        Words after the program's name; None takes those the process was started with.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    open_closed_streams()
    try:
        return _answer(arguments)
    except Exception as error:
        if _wants_traceback(arguments):
            tell(traceback.format_exc())
        return report_unexpected(error, arguments)


def _answer(arguments: Sequence[str]) -> int:
    """Run one command; errors that a user can mend, and ends that are none, become exit codes."""
    try:
        with checked(sys.stdout), signals.keyboard_interrupts():
            ensure_open_files()
            exit_code = _run(arguments)
            sys.stdout.flush()
        return exit_code
    except DnawireError as error:
        if _wants_traceback(arguments):
            tell(traceback.format_exc())
        tell(f"dnawire: error: {error}")
        return error.exit_code
    except KeyboardInterrupt:
        signals.interrupted()
        tell("dnawire: interrupted")
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        _silence_output()
        return EXIT_BROKEN_PIPE
    except OutputError as error:
        _silence_output()
        tell(f"dnawire: error: cannot write standard output: {error}")
        return EXIT_IO_ERROR
    except SystemExit as stop:
        return EXIT_USAGE if stop.code == TYRO_USAGE_ERROR else int(stop.code or 0)


def _run(arguments: Sequence[str]) -> int:
    match arguments:
        case []:
            tell(_overview())
            return EXIT_USAGE
        case ["help", name, *_]:
            return _run_module(_find(name).module, ["--help"])
        case ["-h" | "--help" | "help", *_]:
            print(_overview())
            return EXIT_FINISHED
        case ["-V" | "--version" | "version", *_]:
            print(f"dnawire {__version__}")
            return EXIT_FINISHED
        case ["train", *rest]:
            return _run_stoppable("train", rest)
        case [name, *rest]:
            # Threads of matrix libraries spin while they wait, which costs most on a busy machine.
            with one_thread():
                return _run_module(_find(name).module, rest)
    raise AssertionError(arguments)


def _run_stoppable(name: str, arguments: Sequence[str]) -> int:
    """Run a command that stops on request: no request is lost while its libraries are imported.

    They stay held after a stop, so that a second one does not change how the process ends.
    """
    signals.block()
    try:
        exit_code = _run_module(name, arguments)
    except BaseException:
        signals.restore_defaults()
        raise
    if exit_code == EXIT_FINISHED:
        signals.restore_defaults()
    if os.environ.get("WORLD_SIZE", "1") != "1":
        _end_at_once(exit_code)
    return exit_code


def _end_at_once(exit_code: int) -> NoReturn:
    """End one of several processes; what connects them may abort when the interpreter ends."""
    logging.shutdown()
    with suppress(OSError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(exit_code)


def _run_module(name: str, arguments: Sequence[str]) -> int:
    return int(importlib.import_module(f"dnawire.cli.{name}").run(arguments))


def _find(name: str) -> Command:
    if name in COMMANDS:
        return COMMANDS[name]
    from dnawire.config.suggestion import nearest

    raise UsageError(
        f"unknown command {name!r}",
        nearest(name, COMMANDS) or f"Choose one of {', '.join(COMMANDS)}; see `dnawire --help`.",
    )


def _overview() -> str:
    width = max(map(len, COMMANDS))
    commands = (f"  {name:<{width}}  {command.summary}" for name, command in COMMANDS.items())
    return "\n".join(
        (
            "usage: dnawire COMMAND [OPTIONS]",
            "",
            "DNA as a molecular wire: density of states and transmission of DNA junctions.",
            "",
            "commands:",
            *commands,
            "",
            "`dnawire COMMAND --help` explains a command, `dnawire --version` names the version.",
        )
    )


def _silence_output() -> None:
    """Keep the interpreter from complaining at its end that nobody reads its output."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _wants_traceback(arguments: Sequence[str]) -> bool:
    return "--debug" in arguments or os.environ.get("DNAWIRE_DEBUG", "") not in ("", "0")
