"""Work that is longer than its time limit finishes, untouched and to the bit."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from cluster import Cluster, processes_of
from outcome import assert_identical, outcome

from conftest import DESCRIBED, EXAMPLE, Work

EPOCHS = 26
PAUSE = 1.0
"""With seven steps per epoch: three minutes."""

pytestmark = pytest.mark.slurm
SCRIPTS = {"described": DESCRIBED, "example": EXAMPLE}


@pytest.fixture(scope="module")
def works(
    tmp_path_factory: pytest.TempPathFactory, start_cluster: Callable[..., Cluster]
) -> dict[str, Work]:
    """Both scripts, submitted once with a limit of one minute, to their end.

    The last start draws the figures, which may take more than a minute on a busy machine; the site
    lets it have another one. The starts before end by themselves within their minute.
    """
    cluster = start_cluster(OverTimeLimit="1")
    folder = tmp_path_factory.mktemp("minutes")
    peace = Work(folder / "peace", EPOCHS, 0.0)
    peace.run_here(DESCRIBED)
    works = {name: Work(folder / name, EPOCHS, PAUSE) for name in SCRIPTS}
    jobs = [
        work.submit(cluster, SCRIPTS[name], "--time=1", "--mem=1G") for name, work in works.items()
    ]
    cluster.wait(lambda: all(cluster.has_ended(job) for job in jobs), seconds=1200.0)
    for job, work in zip(jobs, works.values(), strict=True):
        description = cluster.description(job)
        assert description["JobState"] == "COMPLETED", work.log
        assert int(description["Restarts"]) >= 3
    return {"peace": peace, **works}


@pytest.mark.parametrize("name", SCRIPTS)
def test_three_minutes_of_work_finish_under_a_limit_of_one(
    works: dict[str, Work], name: str
) -> None:
    work = works[name]
    starts = work.log.count("dnawire 0")
    requeued = work.log.count("goes back into the queue")
    assert requeued == starts - 1
    assert len(re.findall("stopped by (time limit|SIGUSR1) after", work.log)) == requeued
    assert processes_of(work.folder) == []
    assert_identical(*(outcome(one.folder, "standard") for one in (work, works["peace"])))


def test_the_described_script_is_the_described_one() -> None:
    """As it stands in the documentation."""
    page = (Path(__file__).parents[2] / "docs/slurm.md").read_text(encoding="utf-8")
    assert f"```bash\n{DESCRIBED.read_text()}```" in page
