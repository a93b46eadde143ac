"""The mutation gate: each protection is taken away in a copy of the source, and a test must fail.

Run ``make test-mutations`` (or ``python -m tests.mutate [NAME ...]``). A row of `MUTATIONS` names a
protection, replaces one passage of one file, and names the tests that must notice. All passages are
looked for before the first test: one that is not found exactly once is out of date.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Final

from tests.mutations.mutation import Mutation
from tests.mutations.of_atoms import OF_ATOMS
from tests.mutations.of_files import OF_FILES
from tests.mutations.of_input import OF_INPUT
from tests.mutations.of_kernels import OF_KERNELS
from tests.mutations.of_learning import OF_LEARNING
from tests.mutations.of_physics import OF_PHYSICS
from tests.mutations.of_runs import OF_RUNS
from tests.mutations.of_sharing import OF_SHARING
from tests.mutations.of_storage import OF_STORAGE

ROOT: Final = Path(__file__).parent.parent
_TESTS_FAILED: Final = 1
"""Exit code of pytest; others mean that the tests did not run."""


MUTATIONS: Final = (
    *OF_FILES,
    *OF_INPUT,
    *OF_STORAGE,
    *OF_RUNS,
    *OF_SHARING,
    *OF_KERNELS,
    *OF_LEARNING,
    *OF_PHYSICS,
    *OF_ATOMS,
)


class Baseline:
    """Tells whether tests pass before anything is taken away; asks once for each selection.

    A test that fails anyway does not notice a mutation.
    """

    def __init__(self, source: Path) -> None:
        self._source = source
        self._outcomes: dict[str, str] = {}

    def problem(self, tests: str) -> str:
        """Say why the tests cannot judge; empty if they can."""
        if tests not in self._outcomes:
            code, last = _ask_tests(tests, self._source)
            self._outcomes[tests] = (
                "" if code == 0 else f"not judged: tests end with {code}, {last}"
            )
        return self._outcomes[tests]


def out_of_date(mutation: Mutation, source: Path) -> str:
    """Say why a row cannot be tried; empty if it can."""
    path = source / "dnawire" / mutation.file
    if not path.exists():
        return f"{mutation.name}: out of date: no file {mutation.file}"
    count = path.read_text().count(mutation.old)
    return "" if count == 1 else f"{mutation.name}: out of date: {count} times in {mutation.file}"


def survives(mutation: Mutation, source: Path) -> str:
    """Say how a mutation got past the tests; empty if they noticed it."""
    path = source / "dnawire" / mutation.file
    original = path.read_text()
    path.write_text(original.replace(mutation.old, mutation.new))
    try:
        code, last = _ask_tests(mutation.tests, source)
    finally:
        path.write_text(original)
    return "" if code == _TESTS_FAILED else f"survived: exit code {code}, {last}"


def _ask_tests(tests: str, source: Path) -> tuple[int, str]:
    """Run tests; return the exit code and the last line."""
    command = f"{sys.executable} -m pytest -q -x -n 0 -p no:cacheprovider -m 'not slow' {tests}"
    paths = os.pathsep.join(filter(None, (str(source), os.environ.get("PYTHONPATH"))))
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(
            command,
            shell=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1"},
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        code = process.wait()
        # A test that fails may leave processes behind.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        output.seek(0)
        lines = output.read().strip().splitlines() or ["no output"]
    return code, lines[-1]


def main(names: list[str]) -> int:
    """Try all mutations or those named; return the number of those that got through."""
    chosen = [mutation for mutation in MUTATIONS if not names or mutation.name in names]
    old = [problem for one in chosen if (problem := out_of_date(one, ROOT / "src"))]
    if old:
        sys.stdout.write("\n".join((*old, "")))
        return len(old)
    survivors = 0
    with tempfile.TemporaryDirectory() as folder:
        # Some tests run as another user.
        Path(folder).chmod(0o755)
        source = Path(folder) / "src"
        shutil.copytree(ROOT / "src", source)
        baseline = Baseline(source)
        for mutation in chosen:
            outcome = baseline.problem(mutation.tests) or survives(mutation, source)
            survivors += bool(outcome)
            sys.stdout.write(f"{mutation.name}: {outcome or 'noticed'}\n")
            sys.stdout.flush()
    sys.stdout.write(f"{len(chosen)} mutations, {survivors} not noticed\n")
    return survivors


if __name__ == "__main__":
    sys.exit(min(1, main(sys.argv[1:])))
