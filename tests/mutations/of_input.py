"""What keeps wrong input from becoming wrong data."""

from __future__ import annotations

from typing import Final

from tests.mutations.mutation import Mutation

OF_INPUT: Final = (
    Mutation(
        "a new file never takes the place of another",
        "files/exclusive.py",
        "        fs.link(temporary, target)\n",
        "        fs.replace(temporary, target)\n",
        "tests/unit/test_files.py -k create",
    ),
    Mutation(
        "reading takes no lock",
        "data/_hdf.py",
        ', "r", locking=False)',
        ', "r")',
        "tests/unit/test_data_store.py -k needs_no_lock",
    ),
    Mutation(
        "other files are not opened",
        "data/_hdf.py",
        "            if outside is not None:\n",
        "            if outside is None:\n",
        "tests/unit/test_malice.py -k names_another_file",
    ),
    Mutation(
        "declared sizes are held against the file",
        "data/_hdf.py",
        "    if is_inflated(item):\n",
        "    if False:\n",
        "tests/unit/test_malice.py -k names_another_file",
    ),
    Mutation(
        "numbers that start again divide strands",
        "data/importers/structure.py",
        "            restarts += 1\n",
        "            pass\n",
        "tests/unit/test_import_foreign.py -k means_the_same",
    ),
    Mutation(
        "the backbone tells the direction",
        "data/importers/structure.py",
        '        if _bond(one, following) == "apart":\n',
        "        if False:\n",
        "tests/unit/test_import_foreign.py -k refused_by_its_name",
    ),
    Mutation(
        "the HOMO is not the middle of any grid",
        "data/importers/homo.py",
        "    if not is_known:\n",
        "    if False:\n",
        "tests/unit/test_import_runs.py -k asked_for",
    ),
    Mutation(
        "folders above runs are no runs",
        "data/importers/raw.py",
        "        if folder in above:\n",
        "        if False:\n",
        "tests/unit/test_import_runs.py -k above_runs",
    ),
    Mutation(
        "zeros in front are no octal",
        "scalars.py",
        "    return int(stripped)\n",
        "    return int(stripped, 8 if stripped.startswith('0') else 10)\n",
        "tests/unit/test_config_files.py -k what_a_flag_would_mean",
    ),
    Mutation(
        "numbers do not overflow or vanish",
        "scalars.py",
        "    if math.isinf(value) or (value == 0.0 and _NONZERO.match(stripped)):\n",
        "    if False:\n",
        "tests/unit/test_cli.py -k silently_another",
    ),
    Mutation(
        "a new folder of results appears by one rename",
        "files/staging.py",
        "    if not os.path.lexists(folder):\n        os.rename(hidden, folder)\n        return\n",
        "    folder.mkdir(exist_ok=True)\n",
        "tests/unit/test_messages.py -k one_rename",
    ),
    Mutation(
        "errors of results name the folder that was asked for",
        "api/folder.py",
        "error.problem.replace(str(path), str(place.output or parent))",
        "error.problem",
        "tests/unit/test_messages.py -k asked_for",
    ),
    Mutation(
        "values without a logarithm",
        "data/importers/calculation.py",
        "        _check_not_negative(name, getattr(run, name))\n",
        "        pass\n",
        "tests/unit/test_messages.py -k logarithm",
    ),
    Mutation(
        "fewer epochs than are done",
        "runs/resume.py",
        '    _check_total(before, config.optimization, payload["epoch"])\n',
        "",
        "tests/unit/test_total_epochs.py",
    ),
    Mutation(
        "a Ctrl+C while figures are drawn",
        "cli/train.py",
        '        said = getattr(interrupt, "__notes__", [_after_interrupt(config, command)])\n',
        "        said = [_after_interrupt(config, command)]\n",
        "tests/e2e/test_surroundings.py -k ctrl_c",
    ),
    Mutation(
        "a damaged coordinate is no other number",
        "structures/coordinates.py",
        "            _check_columns(number, line)\n",
        "            pass\n",
        "tests/unit/test_structures_damage.py -k number_that_is_none",
    ),
    Mutation(
        "frames that END divides are all read",
        "structures/coordinates.py",
        'key=lambda line: line[:6].rstrip() == "END"',
        "key=lambda line: False",
        "tests/unit/test_structures_reading.py -k models_are_read",
    ),
    Mutation(
        "strands pair from end to end",
        "structures/strands.py",
        "    if unpaired:\n",
        "    if False:\n",
        "tests/unit/test_structures_strands.py -k overhang",
    ),
    Mutation(
        "a read geometry is checked",
        "structures/reading.py",
        "    if defect is not None:\n",
        "    if False:\n",
        "tests/unit/test_structures_reading.py -k nonsense",
    ),
    Mutation(
        "a mirror image is no DNA",
        "structures/checks.py",
        "    yield from _mirrored(structure)\n",
        "",
        "tests/unit/test_structures.py -k mirror",
    ),
)
