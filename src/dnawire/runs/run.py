"""A whole training run: from a configuration to a trained model and its scores, or to a stop."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from contextlib import ExitStack, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path

import scipy.linalg.cython_blas  # noqa: F401 - what compiled matrix products call, to be limited
import torch
from threadpoolctl import threadpool_limits

import dnawire
from dnawire.checkpoint import (
    CheckpointStore,
    DirectoryLock,
    SaveInterval,
    load_checkpoint,
)
from dnawire.cluster import SlurmJob, job_runs, signals
from dnawire.config import TrainConfig
from dnawire.data import Coverage
from dnawire.errors import (
    EXIT_FINISHED,
    DivergedError,
    DnawireError,
    LostProcessError,
    NotWritableError,
    UsageError,
)
from dnawire.models import save_model
from dnawire.runs.application import APPLICATION
from dnawire.runs.checkpointing import (
    CheckpointCallback,
    NullCallback,
    RunIdentity,
)
from dnawire.runs.environment import environment_of_run
from dnawire.runs.evaluation import predicted_records, test_scores
from dnawire.runs.outputs import OutputFolder
from dnawire.runs.preparation import (
    PreparedData,
    build_trainer,
    model_specification,
    prepare_data,
    prepare_dataset,
    run_id,
)
from dnawire.runs.reporter import Reporter, score_table
from dnawire.runs.requeue import limits_of_run, requeue
from dnawire.runs.resume import find_checkpoint, resume, set_other_run_aside
from dnawire.runs.start import start_record
from dnawire.training.callback import Callback
from dnawire.training.distributed.group import ProcessGroup
from dnawire.training.distributed.synchronized import FollowerCallback, NoReport
from dnawire.training.distributed.torch_group import join_process_group
from dnawire.training.interrupts import Request, StopRequest
from dnawire.training.loop import Report, Trainer

logger = logging.getLogger(__name__)


@dataclass
class _Job:
    """What both kinds of run, with checkpoints and without, are made of."""

    config: TrainConfig
    folder: OutputFolder
    data: PreparedData
    trainer: Trainer
    identity: RunIdentity


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
    with signals.whole_interrupts(), join_process_group() as group:
        if group.rank > 0:
            return _follow(config, group)
        if config.checkpoint.enabled:
            return _train_safely(config, command, group, draw)
        return _train_unsafely(config, command, group, draw)


def _follow(config: TrainConfig, group: ProcessGroup) -> int:
    """Train as a process that leaves decisions, messages and files to the lead."""
    logging.getLogger("dnawire").setLevel(logging.CRITICAL)
    folder, num_epochs = _output_folder(config), config.optimization.num_epochs
    with StopRequest() if config.checkpoint.enabled else nullcontext(StopRequest()) as request:
        stop = group.watch(request)
        with group.agreement():
            device = _set_up_torch(config, group)
        with group.agreement():
            job = _prepare(config, folder, device, group)
        _get_in_step(job)
        try:
            is_complete = _fit_in_step(job, FollowerCallback(stop, num_epochs), NoReport())
        except DnawireError as error:
            raise SystemExit(error.exit_code) from error
        _part(group)
    return EXIT_FINISHED if is_complete else stop.exit_code


def _train_unsafely(
    config: TrainConfig, command: str, group: ProcessGroup, draw: Callable[[Path], None]
) -> int:
    folder = _output_folder(config)
    with ExitStack() as stack:
        with group.agreement():
            device = _set_up_torch(config, group)
            lock = stack.enter_context(folder.lock())
        with group.agreement():
            job = _prepare(config, folder, device, group)
            _start_outputs(job, command)
        _get_in_step(job)
        _fit(job, NullCallback(lock))
        with suppress(LostProcessError), group.agreement():
            _finish(job)
            draw(folder.path)
    return EXIT_FINISHED


def _train_safely(
    config: TrainConfig, command: str, group: ProcessGroup, draw: Callable[[Path], None]
) -> int:
    settings = config.checkpoint
    job_around = SlurmJob.current()
    folder = _output_folder(config)
    with ExitStack() as stack:
        with group.agreement():
            device = _set_up_torch(config, group)
            if settings.resume_from is not None and not os.path.exists(settings.resume_from):
                load_checkpoint(settings.resume_from, application=APPLICATION)
            limits = limits_of_run(settings, job_around)
            stop = group.watch(stack.enter_context(StopRequest(limits)))
            lock = stack.enter_context(
                DirectoryLock(settings.directory, option="--checkpoint_dir", job_runs=job_runs)
            )
            store = CheckpointStore(settings.directory, lock, application=APPLICATION)
            store.probe_writable()
            loaded = find_checkpoint(config, store)
            is_shared = folder.path.resolve() == settings.directory.resolve()
            output_lock = lock if is_shared else stack.enter_context(folder.lock())
        with group.agreement():
            job = _prepare(config, folder, device, group)
            callback = _callback(job, store, (lock, output_lock), stop)
            if loaded is not None:
                resume(loaded, callback, config)
            set_other_run_aside(config, callback)
            if loaded is not None:
                callback.secure_start()
            callback.starts = _start_outputs(job, command)
        _get_in_step(job)
        steps_before = job.trainer.state.step
        if not _fit_safely(job, callback):
            _say_stopped(job, callback, command)
            if job_around is not None and stop.is_due_to_time and settings.requeue == "auto":
                requeue(job_around, steps=job.trainer.state.step - steps_before)
            _part(group)
            return stop.exit_code
        with suppress(LostProcessError), group.agreement():
            _finish_safely(job, callback)
            draw(folder.path)
    return EXIT_FINISHED


def _get_in_step(job: _Job) -> None:
    """Start all processes from the state of the lead."""
    group = job.trainer.group
    with group.agreement():
        group.check_equal("the records", job.data.dataset.digest)
        group.spread(job.trainer.registry())


def _part(group: ProcessGroup) -> None:
    """Wait for the lead, which writes the results or sends the job into the queue.

    All processes end alike, and together: some sites end all with the first one.
    """
    with suppress(LostProcessError), group.agreement():
        pass


def _fit_safely(job: _Job, callback: CheckpointCallback) -> bool:
    try:
        return _fit(job, callback)
    except DivergedError:
        callback.report("diverged")
        raise
    except LostProcessError:
        # The step that another process did not finish has changed nothing.
        callback.save_and_stop()
        raise


def _fit(job: _Job, callback: Callback) -> bool:
    """Train to the end as the lead; return whether it is reached."""
    with Reporter(job.folder, job.trainer.state, job.config.optimization.num_epochs) as reporter:
        return _fit_in_step(job, callback, reporter)


def _fit_in_step(job: _Job, callback: Callback, report: Report) -> bool:
    trainer, num_epochs = job.trainer, job.config.optimization.num_epochs
    if trainer.state.epoch >= num_epochs:
        logger.info("already complete: %d epochs; the results are written again", num_epochs)
        return True
    callback = trainer.group.synchronized(callback, trainer.packed.digest)
    return not callback.before_start() and trainer.fit(num_epochs, callback, report)


def _set_up_torch(config: TrainConfig, group: ProcessGroup) -> torch.device:
    # cuBLAS reads this at its first call; without it, its results depend on timing.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.set_num_threads(config.runtime.num_threads)
    # The matrices of a step are too small for several threads, which would wait for each other.
    threadpool_limits(1, user_api="blas")
    torch.use_deterministic_algorithms(True)
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    device = group.device(config.runtime.device)
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise UsageError(
            f"device = '{device}', but PyTorch sees {torch.cuda.device_count()} GPUs here",
            "Give --device cpu or auto, or mend the installation of PyTorch.",
        )
    return device


def _output_folder(config: TrainConfig) -> OutputFolder:
    path = config.output.output_dir / config.model_name
    return OutputFolder(path, tensorboard=config.output.tensorboard)


def _prepare(
    config: TrainConfig, folder: OutputFolder, device: torch.device, group: ProcessGroup
) -> _Job:
    dataset = prepare_dataset(config)
    data = prepare_data(config, dataset, device)
    trainer = build_trainer(config, data, device, group)
    identity = RunIdentity(
        args=config.flat(),
        run_id=run_id(config, dataset),
        data_digest=dataset.digest,
        question_digest=dataset.question_digest,
        environment=environment_of_run(group.size),
        energies=data.statistics.energies,
    )
    parameters = sum(value.numel() for value in trainer.model.parameters())
    sizes = [sum(map(len, part)) for part in (data.training, data.validation, data.test)]
    logger.info(
        "dnawire %s, torch %s, %s, %d process(es) of %d thread(s), seed %d",
        dnawire.__version__, torch.__version__, device, group.size, config.runtime.num_threads,
        config.runtime.seed,
    )  # fmt: skip
    logger.info(
        "%s, %d parameters; %d + %d + %d records (training, validation, test)",
        config.model.model_type, parameters, *sizes,
    )  # fmt: skip
    return _Job(config, folder, data, trainer, identity)


def _callback(
    job: _Job,
    store: CheckpointStore,
    locks: tuple[DirectoryLock, DirectoryLock],
    stop: Request,
) -> CheckpointCallback:
    settings = job.config.checkpoint
    return CheckpointCallback(
        store=store,
        lock=locks[0],
        output_lock=locks[1],
        registry=job.trainer.registry(),
        state=job.trainer.state,
        identity=job.identity,
        schedule=SaveInterval(settings.frequency, settings.checkpoint_seconds),
        stop=stop,
        num_epochs=job.config.optimization.num_epochs,
    )


def _start_outputs(job: _Job, command: str) -> int:
    """Write what is known at the start, and return how many there were."""
    state, splits = job.trainer.state, job.data.splits
    with job.folder.writing():
        job.folder.claim(job.identity.run_id)
        start = start_record(command, job.trainer.group.size)
        starts = job.folder.write_start(job.config, start, state.epoch)
        job.folder.write_json("environment.json", dict(job.identity.environment))
        job.folder.write_text("splits.json", splits.to_json() + "\n")
        job.folder.write_metrics(state.history)
    return starts


def _finish_safely(job: _Job, callback: CheckpointCallback) -> None:
    try:
        _finish(job)
    except NotWritableError:
        callback.finish("results not written")
        raise
    callback.finish("finished")


def _finish(job: _Job) -> None:
    """Evaluate the best model once on the test set and write all results."""
    model, state, data = job.trainer.model, job.trainer.state, job.data
    last = {name: value.clone() for name, value in model.state_dict().items()}
    model.load_state_dict(state.best_model)
    model.eval()
    scores = test_scores(job.config.model_name, model, data)
    specification = model_specification(job.config, len(data.statistics.energies))
    provenance = {
        "config": dict(job.identity.args),
        "source": data.dataset.source,
        "eta": data.statistics.eta,
        "energy_reference": sorted(set(data.dataset.energy_reference.tolist())),
        "trained_on": Coverage.of_dataset(data.dataset.select(data.splits.train)).to_plain(),
        "best_epoch": state.best_epoch,
        "run_id": job.identity.run_id,
        "scores": {name: score._asdict() for name, score in scores.items()},
    }
    source = {"model": job.config.model_name, "run_id": job.identity.run_id}
    with job.folder.writing():
        job.folder.write_metrics(state.history)
        job.folder.write_scores(scores)
        job.folder.write_test_records(*predicted_records(model, data, source))
        save_model(job.folder.path / "model", model, specification, provenance)
    model.load_state_dict(last)
    logger.info("best epoch %d; errors on the test set in decades:", state.best_epoch)
    logger.info("%s", score_table(scores))
    logger.info("results: %s", job.folder.path)


def _say_stopped(job: _Job, callback: CheckpointCallback, command: str) -> None:
    state = job.trainer.state
    logger.info(
        "stopped by %s after %d epochs and %d of %d batches; %s is saved in %s",
        callback.stop.reason, state.epoch, state.batch, job.trainer.order.batches_per_epoch,
        "what came before" if callback.problem else "all of it", callback.store.latest,
    )  # fmt: skip
    logger.info("resume with: %s", command)
