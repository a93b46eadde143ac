"""Protections of the package that stores checkpoints."""

from __future__ import annotations

from typing import Final

from tests.mutations.mutation import Mutation

OF_STORAGE: Final = (
    Mutation(
        "file fsync",
        "files/durable.py",
        "        if durable:\n            fs.fsync(descriptor)\n",
        "",
        "tests/unit/test_checkpoint_power.py",
    ),
    Mutation(
        "directory fsync",
        "checkpoint/store.py",
        "                discard(spare, self._fs)\n"
        "            self._fs.fsync_directory(self.directory)\n",
        "                discard(spare, self._fs)\n",
        "tests/unit/test_checkpoint_power.py",
    ),
    Mutation(
        "rename instead of writing in place",
        "files/durable.py",
        "        fs.replace(temporary, target)\n",
        "        fs.unlink(target) if target.exists() else None\n"
        "        write_new_file(target, data, fs=fs)\n",
        "tests/unit/test_checkpoint_crash.py -k 'kill_at_every or racing'",
    ),
    Mutation(
        "read-back verification",
        "files/durable.py",
        "        if durable and fs.read_bytes(temporary) != data:\n",
        "        if False:\n",
        "tests/unit/test_checkpoint_storage.py -k returns_other_bytes",
    ),
    Mutation(
        "digest of the file",
        "checkpoint/format.py",
        "    if hashlib.sha256(covered).hexdigest().encode() != found[3]:\n",
        "    if False:\n",
        "tests/unit/test_checkpoint_format.py -k 'flip or truncation'",
    ),
    Mutation(
        "manifest",
        "checkpoint/format.py",
        '    if manifest_of(rest, largest=size) != content["manifest"]:\n',
        "    if False:\n",
        "tests/unit/test_checkpoint_format.py -k 'hostile or manifest'",
    ),
    Mutation(
        "loading without code",
        "checkpoint/format.py",
        'map_location="cpu", weights_only=True)',
        'map_location="cpu", weights_only=False)',
        "tests/unit/test_checkpoint_format.py -k no_code",
    ),
    Mutation(
        "previous generation",
        "checkpoint/store.py",
        "                if keep is not None:\n"
        "                    publish(spare, self.previous, keep, fs=self._fs)\n",
        "",
        "tests/unit/test_checkpoint_store.py -k 'previous or damaged_latest'",
    ),
    Mutation(
        "damage never pushes out the last good generation",
        "checkpoint/store.py",
        "        if generations and generations[0].path == self.latest:\n",
        "        if generations:\n",
        "tests/unit/test_checkpoint_store.py -k 'never_takes_the_place or older_copy'",
    ),
    Mutation(
        "latest by content",
        "checkpoint/generations.py",
        "    sealed.sort(key=lambda file: file.seal.counter, reverse=True)\n",
        "    sealed.sort(key=lambda file: file.path.stat().st_mtime, reverse=True)\n",
        "tests/unit/test_checkpoint_store.py -k 'content_and_not_time or copies'",
    ),
    Mutation(
        "lock",
        "checkpoint/lock.py",
        "        if state is OwnerState.ALIVE and not is_copied(holder.path, owner):\n",
        "        if False:\n",
        "tests/unit/test_checkpoint_lock.py -k 'second_owner or simultaneous'",
    ),
    Mutation(
        "fencing",
        "checkpoint/store.py",
        "                lock.check()\n                if keep is not None:\n",
        "                if keep is not None:\n",
        "tests/unit/test_checkpoint_fencing.py",
    ),
    Mutation(
        "temporary files of a former owner go",
        "checkpoint/lock.py",
        "        remove_leftovers(self.directory, self._fs, permit=self.check)\n",
        "",
        "tests/unit/test_checkpoint_fencing.py tests/unit/test_checkpoint_crash.py",
    ),
    Mutation(
        "a lock file that is gone is claimed anew",
        "checkpoint/store.py",
        "            lock.renew()\n",
        "            lock.check()\n",
        "tests/unit/test_checkpoint_lost_lock.py",
    ),
    Mutation(
        "an owner in another name space of time is not judged by its start",
        "files/processes.py",
        '    return " ".join(filter(None, (_space("pid"), _space_of_time())))\n',
        '    return _space("pid")\n',
        "tests/unit/test_checkpoint_lost_lock.py -k name_space_of_time",
    ),
    Mutation(
        "a lock file of somebody else is a lost folder",
        "checkpoint/lock.py",
        "        if record is None or record.token != self._me.token:\n",
        "        if record is None:\n",
        "tests/unit/test_checkpoint_lost_lock.py -k cleaned_up",
    ),
    Mutation(
        "nothing that is not finite is stored",
        "checkpoint/store.py",
        "    if place is not None:\n",
        "    if False:\n",
        "tests/e2e/test_divergence.py -k loop_cannot_know",
    ),
    Mutation(
        "newer format",
        "checkpoint/format.py",
        "    if seal.version > FORMAT_VERSION:\n",
        "    if False:\n",
        "tests/unit/test_checkpoint_format.py -k newer",
    ),
    Mutation(
        "failed rename is looked into",
        "files/durable.py",
        "        if not _holds(target, data, fs):\n            raise\n",
        "        raise\n",
        "tests/unit/test_checkpoint_crash.py -k reports_a_success",
    ),
    Mutation(
        "best checkpoint is fenced",
        "checkpoint/store.py",
        "data, permit=lock.check, fs=self._fs)",
        "data, permit=lambda: None, fs=self._fs)",
        "tests/unit/test_checkpoint_fencing.py",
    ),
    Mutation(
        "best in place of the only generation",
        "checkpoint/generations.py",
        "given_up < _GENERATIONS and",
        "given_up < 0 and",
        "tests/unit/test_checkpoint_store.py -k best",
    ),
    Mutation(
        "two damaged files are for a person",
        "checkpoint/generations.py",
        "given_up < _GENERATIONS and",
        "given_up < 9 and",
        "tests/unit/test_checkpoint_store.py -k best",
    ),
    Mutation(
        "directory fsync of an archive",
        "files/durable.py",
        "            fs.fsync_directory(temporary)\n",
        "",
        "tests/unit/test_checkpoint_power.py -k is_archived",
    ),
    Mutation(
        "directory fsync around an archive",
        "files/durable.py",
        "        fs.fsync_directory(directory)\n    return final\n",
        "    return final\n",
        "tests/unit/test_checkpoint_power.py -k is_archived",
    ),
    Mutation(
        "fsync of the lock file",
        "checkpoint/lock.py",
        "        temporary = write_temporary(path, record, fs=self._fs)\n",
        "        temporary = write_temporary(path, record, durable=False, fs=self._fs)\n",
        "tests/unit/test_checkpoint_power.py -k lock_file",
    ),
    Mutation(
        "fsync of a lock given back",
        "checkpoint/lock.py",
        "    replace_durably,\n",
        "    replace_atomically as replace_durably,\n",
        "tests/unit/test_checkpoint_power.py -k one_loss",
    ),
    Mutation(
        "hosts that share a name",
        "checkpoint/owner.py",
        "is_other_boot and silence >= processes.uptime()",
        "is_other_boot",
        "tests/unit/test_checkpoint_owner.py -k boot",
    ),
    Mutation(
        "hosts that were booted anew",
        "checkpoint/liveness.py",
        "    if owner is not None and owner.ended_with_boot(me, silence):\n",
        "    if False:\n",
        "tests/unit/test_checkpoint_lock.py -k same_name",
    ),
    Mutation(
        "fencing without hard links",
        "checkpoint/store.py",
        "            write_new_file(spare, latest, fs=self._fs)\n",
        "            self._fs.replace(self.latest, spare)\n",
        "tests/unit/test_checkpoint_fencing.py -k without_links",
    ),
)
"""One row for each protection; add yours."""
