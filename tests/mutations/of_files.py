"""Protections of the one writer of files, and of the folders that a process owns."""

from __future__ import annotations

from typing import Final

from tests.mutations.mutation import Mutation

OF_FILES: Final = (
    Mutation(
        "permit of an owned folder",
        "files/durable.py",
        "    ask = permit or (owned.permit if owned is not None else _permit_always)\n",
        "    ask = permit or _permit_always\n",
        "tests/unit/test_files.py -k asks_its_owner",
    ),
    Mutation(
        "permit before a replacement",
        "files/durable.py",
        "        ask()\n        publish(temporary, path, data, fs=fs)\n",
        "        publish(temporary, path, data, fs=fs)\n",
        "tests/unit/test_files.py -k asks_its_owner",
    ),
    Mutation(
        "permit before a replacement by a library",
        "files/durable.py",
        "            ask()\n            fs.replace(temporary, path)\n",
        "            fs.replace(temporary, path)\n",
        "tests/unit/test_files.py -k asks_its_owner",
    ),
    Mutation(
        "permit before an addition",
        "files/durable.py",
        "        ask()\n        file.write(data)\n",
        "        file.write(data)\n",
        "tests/e2e/test_two_writers.py -k orphan",
    ),
    Mutation(
        "file is opened before the permit for an addition",
        "files/durable.py",
        '    with asking(path, permit) as ask, open(descriptor, "ab") as file:\n        ask()\n',
        '    with asking(path, permit) as ask, open(descriptor, "ab"):\n'
        "        ask()\n"
        '    with open(path, "ab") as file:\n',
        "tests/unit/test_files.py -k added_late",
    ),
    Mutation(
        "loss is told from failing storage",
        "files/durable.py",
        "        with suppress(OSError):\n            ask()\n        raise\n",
        "        raise\n",
        "tests/unit/test_files.py -k told_as_a_loss",
    ),
    Mutation(
        "temporary files where a new owner looks",
        "files/durable.py",
        "        folder = owned.directory\n",
        "        pass\n",
        "tests/unit/test_files.py -k where_a_new_owner_looks",
    ),
    Mutation(
        "archive that was cut short",
        "files/durable.py",
        "                _finish_archive(path, match[1], fs)\n            else:\n",
        "                pass\n            else:\n",
        "tests/unit/test_files.py -k cut_short",
    ),
    Mutation(
        "temporary files of ended writers go",
        "files/durable.py",
        "        _remove_torn(path, fs)\n",
        "        pass\n",
        "tests/unit/test_files.py -k killed_command",
    ),
    Mutation(
        "temporary files of running writers stay",
        "files/durable.py",
        " and not is_running(int(found[3]))\n",
        "\n",
        "tests/unit/test_files.py -k killed_command",
    ),
)
"""One row for each protection; add yours."""
