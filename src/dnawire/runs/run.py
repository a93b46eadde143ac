"""A whole training run: from a configuration to a trained model and its scores, or to a stop."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import torch

import dnawire
from dnawire.checkpoint import CheckpointStore, DirectoryLock, LoadedCheckpoint, SaveInterval
from dnawire.checkpoint.names import LATEST
from dnawire.cluster import Request, SlurmJob, StopRequest, signals
from dnawire.config import TrainConfig
from dnawire.errors import (
    EXIT_FINISHED,
    DnawireError,
    LockedError,
    LostProcessError,
    NotWritableError,
)
from dnawire.runs.checkpointing import CheckpointCallback, StopCallback
from dnawire.runs.identity import RunIdentity, identity_of
from dnawire.runs.optional import optional
from dnawire.runs.outputs import OutputFolder
from dnawire.runs.preparation import (
    PreparedData,
    adapted_model,
    build_trainer,
    initial_model,
    prepare_data,
    prepare_dataset,
)
from dnawire.runs.reporter import Reporter
from dnawire.runs.requeue import end_of_parent, limits_of_time, requeue, without_restart
from dnawire.runs.results import write_results
from dnawire.runs.resume import archive_other_run, find_checkpoint, open_store, resume
from dnawire.runs.start import start_record
from dnawire.runs.torch_setup import set_up_torch
from dnawire.runs.warm_start import with_digest
from dnawire.training.callback import Callbacks
from dnawire.training.distributed import ProcessGroup, SingleProcess, join_process_group
from dnawire.training.loop import Trainer
from dnawire.training.schedule import is_all_warmup

logger = logging.getLogger(__name__)


def train(config: TrainConfig, command: str, draw: Callable[[Path], None]) -> int:
    """Train, or resume training, and write the results.

    Parameters
    ----------
    config
        All settings.
    command
        What the user typed, for the message that says how to resume.
    draw
        Draws the figures of a finished run into its folder, while no other run can enter it.

    Returns
    -------
    int
        Exit code: 0 finished, 75 stopped on request, 130 Ctrl+C; the state is saved in all cases.

    Raises
    ------
    DnawireError
        Something that the user can mend; nothing that was saved before is lost.
    """
    with signals.keyboard_interrupts(), join_process_group() as group:
        if group.rank > 0:
            logging.getLogger("dnawire").setLevel(logging.CRITICAL)
        with Run(config, command, group) as run:
            run.prepare()
            run.fit()
            return run.finish(draw)


class Run:
    """One training run, or one process of it: a context that owns its folders.

    Call `prepare`, `fit` and `finish` in this order. All processes of a run do; rank 0 alone
    touches files and says anything. With checkpoints off nothing but the output folder is touched
    and no signal is handled.

    Parameters
    ----------
    config
        All settings.
    command
        What resumes the run, for messages.
    group
        The processes of the run.

    Attributes
    ----------
    data, trainer, identity, stop, callback
        Records, what is trained, what a checkpoint must agree with, requests to stop, and what
        heeds them: a `CheckpointCallback`, or a `StopCallback` that saves nothing. Made by
        `prepare`; a test may replace the callback.
    """

    data: PreparedData
    trainer: Trainer
    identity: RunIdentity
    stop: Request
    callback: StopCallback

    def __init__(
        self, config: TrainConfig, command: str = "", group: ProcessGroup | None = None
    ) -> None:
        self.config = config
        self.command = command
        self.group = group or SingleProcess()
        self.is_main = self.group.rank == 0
        path = config.output.output_dir / config.model_name
        self.outputs = OutputFolder(path, tensorboard=config.output.tensorboard)
        self.is_complete = False
        self._job = SlurmJob.current() if config.checkpoint.enabled else None
        self._locks: list[DirectoryLock] = []
        self._store: CheckpointStore | None = None
        self._steps_before = 0
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    def prepare(self) -> None:
        """Own the folders, read the records, build the trainer, and go on from the checkpoint.

        Raises
        ------
        DnawireError
            Whatever can be wrong with settings, records, folders and checkpoints.
        """
        group = self.group
        with group.synchronized_errors():
            device = set_up_torch(self.config.runtime, group)
            self.stop = group.synchronized_stop(self._stop_request())
            loaded = self._open_folders() if self.is_main else None
        with group.synchronized_errors():
            dataset = prepare_dataset(self.config)
            self.data = prepare_data(self.config, dataset, device)
            # The others take over the state of the main process, which a checkpoint brings whole.
            build = adapted_model if self.is_main and loaded is None else initial_model
            model = build(self.config, self.data)
            self.trainer = build_trainer(self.config, self.data, device, group, model)
            self.identity = identity_of(self.config, self.data, group.size)
            self._say_started(device)
            self.callback = self._resumed(loaded)
            if self.is_main:
                self.callback.starts = self._start_outputs()
        with group.synchronized_errors():
            group.verify_equal("the records", dataset.digest)
            group.broadcast(self.trainer.registry())

    def fit(self) -> bool:
        """Train to the end, or until a stop is asked for; return whether the end is reached.

        Raises
        ------
        DnawireError
            Training diverged, or another process, a folder or its storage is lost.
        """
        trainer, num_epochs = self.trainer, self.config.optimization.num_epochs
        self._steps_before = trainer.state.step
        if trainer.state.epoch >= num_epochs:
            logger.info("already complete: %d epochs; the results are written again", num_epochs)
        callback = self.group.synchronized(self.callback, trainer.packed.digest)
        try:
            with ExitStack() as stack:
                if self.is_main:
                    reporter = Reporter(self.outputs, trainer.state, num_epochs)
                    callback = Callbacks(stack.enter_context(reporter), callback)
                self.is_complete = trainer.fit(num_epochs, callback)
        except DnawireError as error:
            self.callback.fail(error)
            if self.is_main:
                raise
            raise SystemExit(error.exit_code) from error
        return self.is_complete

    def finish(self, draw: Callable[[Path], None]) -> int:
        """Write the results of a complete run, or say how one that has stopped goes on.

        Parameters
        ----------
        draw
            Draws the figures into the output folder.

        Returns
        -------
        int
            Exit code.

        Raises
        ------
        DnawireError
            The results, or the final state, cannot be written.
        """
        # All processes end together: some sites end all with the first one.
        with suppress(LostProcessError), self.group.synchronized_errors():
            if self.is_main and self.is_complete:
                self._write_results(draw)
            elif self.is_main:
                self._say_stopped()
        return EXIT_FINISHED if self.is_complete else self.stop.exit_code

    def _say_started(self, device: torch.device) -> None:
        data, parameters = self.data, self.trainer.model.parameters()
        logger.info(
            "dnawire %s, torch %s, %s, %d process(es) of %d thread(s), seed %d",
            dnawire.__version__, torch.__version__, device, self.group.size,
            self.config.runtime.num_threads, self.config.runtime.seed,
        )  # fmt: skip
        logger.info(
            "%s, %d parameters; %d + %d + %d records (training, validation, test)",
            self.config.model.model_type, sum(value.numel() for value in parameters),
            *(sum(map(len, part)) for part in (data.training, data.validation, data.test)),
        )  # fmt: skip
        optimization = self.config.optimization
        if is_all_warmup(optimization):
            logger.warning(
                "warning: this run never leaves its warm-up: num_epochs = %d, warmup_epochs = %d; "
                "its learning rate ends at %.1e instead of %.1e",
                optimization.num_epochs, optimization.warmup_epochs,
                optimization.learning_rate * optimization.num_epochs / optimization.warmup_epochs,
                optimization.learning_rate,
            )  # fmt: skip

    def _stop_request(self) -> StopRequest:
        settings, limits = self.config.checkpoint, end_of_parent(self._job)
        if not settings.enabled:
            # Not entered: no signal is handled.
            return StopRequest(limits)
        if self.is_main:
            limits += limits_of_time(settings, self._job)
        return self._stack.enter_context(StopRequest(limits))

    def _open_folders(self) -> LoadedCheckpoint | None:
        """Own the folders; return the checkpoint to go on from, if there is one."""
        self.config = with_digest(without_restart(self.config, self._job))
        settings, loaded = self.config.checkpoint, None
        if settings.enabled:
            self._store, lock = open_store(settings, self._stack)
            self._locks.append(lock)
            loaded = find_checkpoint(self.config, self._store)
        if not settings.enabled or self.outputs.path.resolve() != settings.directory.resolve():
            self._locks.append(self._stack.enter_context(self.outputs.lock()))
        return loaded

    def _resumed(self, loaded: LoadedCheckpoint | None) -> StopCallback:
        """Put the run where its checkpoint was taken, and return its callback."""
        num_epochs, settings = self.config.optimization.num_epochs, self.config.checkpoint
        if self._store is None:
            return StopCallback(self.stop, num_epochs, self._locks)
        callback = CheckpointCallback(
            self.stop,
            num_epochs,
            self._locks,
            store=self._store,
            lock=self._locks[0],
            registry=self.trainer.registry(),
            state=self.trainer.state,
            copies=self.trainer.recovery.copies,
            identity=self.identity,
            job=self._job,
            schedule=SaveInterval(
                settings.frequency,
                settings.checkpoint_seconds,
                max_epoch_share=settings.max_epoch_share,
            ),
        )
        if loaded is not None:
            resume(loaded, callback, self.config)
        archive_other_run(self.config, callback)
        if loaded is not None:
            callback.secure_start()
        if self.trainer.state.epoch < num_epochs:
            callback.probe_storage()
        return callback

    def _start_outputs(self) -> int:
        """Write what is known at the start, and return how many there were."""
        state = self.trainer.state
        with self.outputs.writing():
            self.outputs.claim(self.identity.run_id)
            start = start_record(self.command, self.group.size)
            starts = self.outputs.write_start(self.config, start, state.epoch)
            self.outputs.write_json("environment.json", dict(self.identity.environment))
            self.outputs.write_text("splits.json", self.data.splits.to_json() + "\n")
            self.outputs.write_metrics(state.history)
        return starts

    def _write_results(self, draw: Callable[[Path], None]) -> None:
        try:
            with self.outputs.writing():
                self._locks[-1].restore()
            if not self.outputs.is_claimed(self.identity.run_id):
                self._start_outputs()
            write_results(self.outputs, self.config, self.data, self.trainer, self.identity)
            # Figures are drawn from files alone: the memory of a million records is theirs.
            del self.data, self.trainer
            with optional("a figure"):
                draw(self.outputs.path)
        except (NotWritableError, LockedError) as error:
            self.callback.finish("results not written", error.problem)
            raise
        self.callback.finish("finished")

    def _say_stopped(self) -> None:
        """Say what is saved and how to go on, and do so if only time is lacking."""
        state, settings = self.trainer.state, self.config.checkpoint
        logger.info(
            "stopped by %s after %d epochs and %d of %d batches; %s is saved in %s",
            self.stop.reason, state.epoch, state.batch, self.trainer.order.batches_per_epoch,
            "what came before" if self.callback.problem else "all of it",
            settings.directory / LATEST,
        )  # fmt: skip
        logger.info("resume with: %s", self.command)
        if self._job is not None and self.stop.is_due_to_time and settings.requeue == "auto":
            requeue(self._job, steps=state.step - self._steps_before)
