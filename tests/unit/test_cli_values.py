"""Values of flags: numbers, ranges and paths mean what is written, or are refused."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import dnawire as dw
from dnawire.cli import main
from dnawire.errors import EXIT_FINISHED, EXIT_USAGE, InvalidContactError
from dnawire.scalars import power_of_ten


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("train --num_samples 99999999999999999999", "of at most 1000000000"),
        ("train --num_samples 1_000", "'1_000' is not a whole number"),
        ("train --seed 1e3", "'1e3' is not a whole number"),
        ("train --gamma_left 1e155", "of at most 1000.0"),
        ("train --gamma_left 1e-300", "a coupling of 0 or from 1e-07 to 1000 eV"),
        ("train --gamma_left 1e999", "outside of the range of double precision"),
        ("generate x.h5 --gamma_left 0", "nothing can flow through the left contact"),
        ("train --num_samples 2000000 --num_energy_points 1000000", "numbers; at most 1e+10"),
        ("train --config=~nobody-of-this-name/a.yaml", "a home folder that exists"),
        ("train --learning_rate 0,001", "write a point, not a comma"),
        ("train --learning_rate nan", "'nan' is not a number"),
        ("train --checkpoint_dir=~nobody-of-this-name/ck", "a home folder that exists"),
        ("train --checkpoint_dir=", "a path that is not empty"),
        ("train --output_dir None", "where it may be left out, write None"),
        ("generate x.h5 --eta 1e200", "of at most 1000.0"),
        ("generate $NOT_SET_ANYWHERE/x.h5", "unlike $NOT_SET_ANYWHERE"),
        ("predict exact:kordas2025 AC --gamma_left 1e155", "from 1e-07 to 1000 eV"),
        ("predict exact:kordas2025 AC --gamma_right 1e-300", "from 1e-07 to 1000 eV"),
        ("predict exact:kordas2025 AC --left_contact upper:0=1e200", "from 1e-07 to 1000 eV"),
        ("predict exact:kordas2025 AC --eta 1e308", "from 1e-12 to 1000 eV"),
        ("predict exact:kordas2025 AC --energy_max 1e6", "from -10000 to 10000 eV"),
        ("predict exact:kordas2025 AC --fermi_energy inf", "'inf' is not a number"),
        ("predict exact:kordas2025 AC --fermi_energy 1e5", "from -10000 to 10000 eV"),
        ("predict exact:kordas2025 AC --temperature -1", "0 or from 0.001 to 100000 K"),
        ("predict exact:kordas2025 AC --num_energy_points 99999999999", "from 2 to 100000"),
        ("screen exact:kordas2025 --length 2 --top 0", "from 1 to 1e+07 sequences"),
        ("screen exact:kordas2025 --length 2 --window_min 1e9", "from -10000 to 10000 eV"),
        ("screen exact:kordas2025 --sequences=", "a path that is not empty"),
        ("import a.h5 b.h5 --homo nan", "nan"),
    ],
)
def test_no_number_or_path_of_a_flag_is_silently_another_one(
    words: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    assert main(words.split()) == EXIT_USAGE
    message = " ".join(capsys.readouterr().err.replace("\u2502", " ").split())
    assert told in message
    assert list(tmp_path.iterdir()) == []


def test_a_home_folder_after_an_equals_sign(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert main(["train", "--checkpoint_dir=~/ck", "--print_config"]) == EXIT_FINISHED
    assert f"checkpoint_dir: {tmp_path}/ck\n" in capsys.readouterr().out


def test_nowhere_to_write_a_cache_is_told_once_at_most() -> None:
    environment = {**os.environ, "HOME": "/proc/nope", "XDG_CACHE_HOME": "/proc/nope/cache"}
    environment |= {"XDG_CONFIG_HOME": "/proc/nope/config"}
    environment.pop("MPLCONFIGDIR", None)
    code = "import dnawire.plots, matplotlib; assert '/proc' not in matplotlib.get_cachedir()"
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stderr == ""


def test_words_that_are_no_choice_are_refused_with_those_that_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["structure", "AC", "--form", "c"]) == EXIT_USAGE
    said = " ".join(capsys.readouterr().err.split())
    assert "Expected one of ('a', 'b')" in said


def test_a_structure_is_printed_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["structure", "ACG", "--json"]) == EXIT_FINISHED
    found = json.loads(capsys.readouterr().out)
    columns = {one["name"]: (one["unit"], one["values"]) for one in found["columns"]}
    assert columns["step"] == ("", ["1 AC/GT", "2 CG/CG"])
    assert columns["rise"][0] == "Angstrom"
    assert columns["rise"][1] == dw.structure("ACG").steps.rise[0].tolist()


@pytest.mark.parametrize(
    ("exponent", "text"), [(12.0412, "1.1e12"), (13.0, "1e13"), (11.999, "1e12"), (900.3, "2e900")]
)
def test_large_numbers_are_written_plainly(exponent: float, text: str) -> None:
    assert power_of_ten(exponent) == text


@pytest.mark.parametrize("site", ["upper:9", "uper:1", "upper:1.5"])
def test_a_wrong_site_of_a_probe_is_called_so(site: str) -> None:
    with pytest.raises(InvalidContactError, match=r"^probe site") as raised:
        dw.dephasing("ACGT", "exact:kordas2025", fermi_energy=-7.1, probe_coupling=0.01,
                     probe_sites=site)  # fmt: skip
    assert "contact" not in str(raised.value)
