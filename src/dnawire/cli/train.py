"""``dnawire train``: flags and file to a configuration, and that to the training run."""

from __future__ import annotations

import argparse
import io
import logging
import os
import shlex
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import tyro

from dnawire.cli._flags import Messages, parse
from dnawire.cluster import signals
from dnawire.config import (
    CheckpointConfig,
    DataConfig,
    LossConfig,
    ModelConfig,
    OptimizationConfig,
    OutputConfig,
    RuntimeConfig,
    TrainConfig,
    build_groups,
    read_settings,
    to_yaml,
)
from dnawire.errors import EXIT_FINISHED, EXIT_INTERRUPTED, DnawireError, UsageError
from dnawire.files.paths import read_path

_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class TrainFlags:
    """Train a model on records of charge transport, or resume its training.

    With checkpoints on, the same command resumes a run that was stopped.
    """

    config: Path | None = None
    """YAML or TOML file of settings, named like the flags; a flag wins over the file."""

    print_config: tyro.conf.FlagCreatePairsOff[bool] = False
    """Print the resolved settings as YAML and stop."""

    data: DataConfig = field(default_factory=DataConfig)
    model: ModelConfig = field(default_factory=ModelConfig)
    optimization: OptimizationConfig = field(default_factory=OptimizationConfig)
    loss: LossConfig = field(default_factory=LossConfig)
    runtime: RuntimeConfig = field(default_factory=RuntimeConfig)
    checkpoint: CheckpointConfig = field(default_factory=CheckpointConfig)
    output: OutputConfig = field(default_factory=OutputConfig)
    messages: Messages = field(default_factory=Messages)

    def resolved(self) -> TrainConfig:
        """Return the configuration, checked as a whole."""
        return TrainConfig(
            data=self.data,
            model=self.model,
            optimization=self.optimization,
            loss=self.loss,
            runtime=self.runtime,
            checkpoint=self.checkpoint,
            output=self.output,
        )


def run(arguments: Sequence[str]) -> int:
    """Train, and draw the figures of a finished run.

    Returns
    -------
    int
        Exit code, as listed in ``docs/exit_codes.md``.

    Raises
    ------
    dnawire.errors.DnawireError
        Something that the user can mend.
    """
    with _once_per_host():
        flags = parse_flags(arguments)
        config = flags.resolved()
        if flags.print_config:
            print(to_yaml(config), end="")
            return EXIT_FINISHED
    flags.messages.configure()
    command = _resuming_command(config)
    try:
        return _train(config, command)
    except KeyboardInterrupt as interrupt:
        signals.interrupted()
        said = getattr(interrupt, "__notes__", [_after_interrupt(config, command)])
        _logger.error("%s", "\n".join(said))
        return EXIT_INTERRUPTED


@contextmanager
def _once_per_host() -> Iterator[None]:
    """Context in which, of several processes of one host, only the first one says anything."""
    if os.environ.get("LOCAL_RANK", "0") == "0":
        yield
        return
    nowhere = io.StringIO()
    with redirect_stdout(nowhere), redirect_stderr(nowhere):
        try:
            yield
        except DnawireError as error:
            raise SystemExit(error.exit_code) from error


def parse_flags(arguments: Sequence[str]) -> TrainFlags:
    """Return the flags, over the values of the file, over the defaults.

    Raises
    ------
    dnawire.errors.UsageError
        A value is impossible or the file cannot be used.
    dnawire.errors.NotFoundError
        The file does not exist.
    """
    path = _config_path(arguments)
    values = {} if path is None else read_settings(path)
    defaults = replace(TrainFlags(), **cast("dict[str, Any]", build_groups(values)))
    return parse(TrainFlags, arguments, "train", defaults)


def _config_path(arguments: Sequence[str]) -> Path | None:
    """Find the file first: its values are the defaults of all other flags."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--config", nargs="?")
    text = parser.parse_known_args(arguments)[0].config
    try:
        return None if text in (None, "None") else read_path(text)
    except ValueError as error:
        raise UsageError(
            f"config = {text!r} is not allowed: it must be {error}", "Give a YAML or TOML file."
        ) from None


def _train(config: TrainConfig, command: str) -> int:
    if not config.checkpoint.enabled:
        signals.restore_defaults()
    from dnawire.api.run import run_training

    return run_training(config, command)


def _resuming_command(config: TrainConfig) -> str:
    """Return what the user typed, ready to be typed again, without what would start over."""
    checkpoint = config.checkpoint
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--fresh", action="store_true")
    parser.add_argument("--resume_from", "--resume-from")
    typed, words = parser.parse_known_args(sys.argv[1:])
    if checkpoint.fresh and not typed.fresh:
        words += ["--no_fresh"]
    if checkpoint.resume_from is not None and typed.resume_from is None:
        words += ["--resume_from", "None"]
    if checkpoint.resume_from is not None and checkpoint.checkpoint_dir is None:
        words += ["--checkpoint_dir", str(checkpoint.directory)]
    return shlex.join([*_launcher(), *words])


def _launcher() -> list[str]:
    """Return how this process was started: by Python, by its name, or by torchrun."""
    program = Path(sys.argv[0])
    by_python = ["-m", "dnawire"] if program.name == "__main__.py" else [sys.argv[0]]
    if "TORCHELASTIC_RUN_ID" in os.environ:
        here, all_ = (int(os.environ[name]) for name in ("LOCAL_WORLD_SIZE", "WORLD_SIZE"))
        hosts = ["--nnodes", str(all_ // here)] if all_ > here else []
        return ["torchrun", *hosts, "--nproc_per_node", str(here), *by_python]
    if program.suffix == ".py":
        return [sys.orig_argv[0], *by_python]
    return [program.name]


def _after_interrupt(config: TrainConfig, command: str) -> str:
    if config.checkpoint.enabled:
        return f"Interrupted. What was saved is intact.\nresume with: {command}"
    return (
        "Interrupted, and nothing was saved. Add `--checkpoint_dir ./checkpoints` to make a run "
        "resumable: the same command then continues where it stopped."
    )
