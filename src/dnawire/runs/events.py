"""Scalars of each epoch for TensorBoard; after a restart each epoch still appears exactly once."""

from __future__ import annotations

import errno
import io
import time
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dnawire.errors import MissingDependencyError
from dnawire.files.durable import append, remove, replace_atomically
from dnawire.quantities import SCORE_COLUMNS, SCORED
from dnawire.training.state import EpochRecord

if TYPE_CHECKING:
    from tensorboard.compat.proto.event_pb2 import Event

_TAGS: Final = {
    "train_loss": "loss/train",
    "val_loss": "loss/validation",
    **{SCORE_COLUMNS[one.name]: f"{one.scale_unit}/{one.name}" for one in SCORED},
    "learning_rate": "learning_rate",
    "seconds": "seconds",
}
_PREVIOUS: Final = 3
"""Old files that stay: a run writes at most two, at its start and at its end."""

_NAME: Final = "events.out.tfevents.{:010d}.dnawire"


class EventFile:
    """The event file in a folder of its own, written anew from the history at every start.

    The history of the checkpoint is the truth: a killed process leaves epochs that are done again,
    and may have lost others on their way to the file. A new file has a later name and begins with
    an order to forget all steps, so that a server that watches the folder follows; some
    files before it stay for that server.

    Parameters
    ----------
    folder
        Folder of the file; made when needed.
    clock
        Seconds since 1970.

    Raises
    ------
    MissingDependencyError
        TensorBoard is not installed.
    """

    def __init__(self, folder: Path, clock: Callable[[], float] = time.time) -> None:
        if find_spec("tensorboard") is None:
            raise MissingDependencyError(
                "--tensorboard needs the package tensorboard, which is not installed",
                "Install it with `pip install tensorboard`, or leave the flag out.",
            )
        self._folder = folder
        self._clock = clock

    def rewrite(self, history: Sequence[EpochRecord]) -> None:
        """Put a new file with the whole history in the place of the others.

        Times are those of computing: interruptions are skipped.
        """
        from tensorboard.compat.proto.event_pb2 import Event, SessionLog

        self._folder.mkdir(exist_ok=True)
        previous = self._files()[-_PREVIOUS:]
        number = 1 + max((int(path.name.split(".")[3]) for path in previous), default=0)
        now = self._clock()
        moment = now - sum(record.seconds for record in history)
        start = SessionLog(status=SessionLog.START)
        events = [
            Event(wall_time=moment, file_version="brain.Event:2"),
            Event(wall_time=moment, step=1, session_log=start),
        ]
        for record in history:
            moment += record.seconds
            events.append(_event(record, moment))
        for path in previous[-1:]:
            # A former owner may hold it open, and would add to it.
            replace_atomically(path, path.read_bytes())
        new = self._folder / _NAME.format(number)
        replace_atomically(new, _encoded(events))
        # A server that reads a previous file would never leave it if it were gone.
        for path in set(self._folder.glob("*tfevents*")) - {new, *previous}:
            remove(path)

    def add(self, record: EpochRecord) -> None:
        """Add one epoch.

        Raises
        ------
        OSError
            The file cannot be written, or somebody has removed it.
        """
        files = self._files()
        if not files:
            raise FileNotFoundError(errno.ENOENT, "no event file is left", str(self._folder))
        append(files[-1], _encoded([_event(record, self._clock())]))

    def _files(self) -> list[Path]:
        return sorted(self._folder.glob(_NAME.replace("{:010d}", "*")))


def _event(record: EpochRecord, moment: float) -> Event:
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary

    values = record.row()
    scalars = [Summary.Value(tag=tag, simple_value=values[name]) for name, tag in _TAGS.items()]
    return Event(wall_time=moment, step=record.epoch, summary=Summary(value=scalars))


def _encoded(events: Sequence[Any]) -> bytes:
    from tensorboard.summary.writer.record_writer import RecordWriter

    buffer = io.BytesIO()
    writer = RecordWriter(buffer)
    for event in events:
        writer.write(event.SerializeToString())
    return buffer.getvalue()
