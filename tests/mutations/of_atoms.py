"""Protections of what is computed from atoms, and of what is said of it."""

from __future__ import annotations

from typing import Final

from tests.mutations.mutation import Mutation

_CHAIN: Final = "tests/physics/test_block_chain.py"
_FOLDED: Final = "tests/physics/test_downfolding.py"
_ACTIVE: Final = "tests/unit/test_active_space.py"
_MODEL: Final = "tests/contract/test_atomistic_model.py"
_THERMAL: Final = "tests/unit/test_thermal.py"
_ENSEMBLE: Final = "tests/unit/test_ensemble.py"
_SUMMARY: Final = "tests/unit/test_inference_summary.py"
_CONTACTS: Final = "tests/contract/test_atom_contacts.py"
_FRAMES: Final = "tests/unit/test_trajectories.py"
_ABASIC: Final = "tests/unit/test_abasic.py"

OF_ATOMS: Final = (
    Mutation(
        "singular part of a chain",
        "transport/block_chain.py",
        "        if status > 0:\n",
        "        if False:\n",
        f"{_CHAIN} -k singular",
    ),
    Mutation(
        "reaction of a block on the pieces of a group",
        "transport/block_chain.py",
        "                matrix[:, two.range, one.range] += _transposed(values)\n",
        "                pass\n",
        f"{_CHAIN} -k inverse_of_the_whole",
    ),
    Mutation(
        "couplings through eliminated blocks",
        "transport/block_chain.py",
        "            before, through = through, {n: reaction[:, :width, some] for n, some in "
        "ranges.items()}\n",
        "            before, through = through, {}\n",
        f"{_CHAIN} -k inverse_of_the_whole",
    ),
    Mutation(
        "phase of a determinant",
        "transport/block_chain.py",
        "    return complex(np.log(values).sum()) + 1j * math.pi * exchanges\n",
        "    return complex(np.log(values).sum())\n",
        f"{_CHAIN} -k inverse_of_the_whole",
    ),
    Mutation(
        "what earlier blocks leave between later ones",
        "transport/block_chain.py",
        "            ahead = _added(reaction[:, :width, :width], ahead[:, size:, size:])\n",
        "            ahead = reaction[:, :width, :width]\n",
        f"{_CHAIN} -k next_neighbors",
    ),
    Mutation(
        "couplings between blocks in the derivative of a determinant",
        "transport/block_chain.py",
        "        rate = rate - 2.0 * _trace(beside, _transposed(inner_change.links[block]))\n",
        "        pass\n",
        f"{_CHAIN} -k derivative_of_the_determinant",
    ),
    Mutation(
        "an eliminated level near the window",
        "transport/downfolding.py",
        "    if not sizes[-1] < _LARGEST_TAIL * sizes.max():\n",
        "    if False:\n",
        f"{_FOLDED} -k not_active_is_told",
    ),
    Mutation(
        "energies whose amplitudes are small",
        "transport/orbital_choice.py",
        "    amplitudes = amplitudes / np.linalg.norm(amplitudes, axis=(1, 2))[:, None, None]\n",
        "    pass\n",
        f"{_FOLDED} -k spectra_of_all",
    ),
    Mutation(
        "energies outside of a series",
        "transport/series.py",
        "        if beyond > _ROUNDING:\n",
        "        if False:\n",
        "tests/physics/test_pole_expansion.py -k outside",
    ),
    Mutation(
        "bonded neighbors of a nucleotide",
        "electronic/active_space.py",
        "            parts[number] = np.flatnonzero(np.isfinite(distance))\n",
        "            parts[number] = own if number == pair else own[:0]\n",
        f"{_ACTIVE} -k near_the_energies",
    ),
    Mutation(
        "neighbors in the orthogonalized orbitals of a contact",
        "electronic/active_space.py",
        "        return range(max(pair - reach, 0), min(pair + reach + 1, len(self.sites)))\n",
        "        return range(pair, pair + 1)\n",
        f"{_ACTIVE} -k contacts_act",
    ),
    Mutation(
        "strained bonds of a backbone",
        "structures/backbone.py",
        "        if abs(strain[worst]) > LARGEST_STRAIN:\n",
        "        if False:\n",
        f"{_THERMAL} -k strained",
    ),
    Mutation(
        "atoms of a backbone that come too near",
        "structures/backbone.py",
        "        near = near[self.free[near].any(1)]\n",
        "        near = near[:0]\n",
        f"{_THERMAL} -k repel",
    ),
    Mutation(
        "defects of a relaxed duplex",
        "structures/backbone.py",
        "        return find_defect(relaxed) or relaxed\n",
        "        return relaxed\n",
        f"{_THERMAL} -k meet",
    ),
    Mutation(
        "impossible fluctuations",
        "structures/thermal.py",
        "            if not (math.isfinite(value) and value >= 0.0):\n",
        "            if False:\n",
        f"{_THERMAL} -k impossible",
    ),
    Mutation(
        "fluctuations without room",
        "structures/thermal.py",
        "    while len(refused) < _MOST_REFUSED:\n",
        "    while True:\n        assert len(refused) < 9\n",
        f"{_THERMAL} -k without_room",
    ),
    Mutation(
        "ensembles of models without geometry",
        "inference/ensemble.py",
        "    if not isinstance(predictor, AtomisticPredictor):\n",
        "    if False:\n",
        f"{_ENSEMBLE} -k cannot_be_answered",
    ),
    Mutation(
        "self-consistent calculations that fail",
        "inference/ensemble.py",
        "    except NotConvergedError as error:\n",
        "    except ZeroDivisionError as error:\n",
        f"{_ENSEMBLE} -k fails_is_told",
    ),
    Mutation(
        "spread of one geometry",
        "transport/disorder.py",
        " & (len(values) > 1)\n",
        "\n",
        "tests/physics/test_observables_disorder.py -k one_sample",
    ),
    Mutation(
        "deep poles of strong contacts",
        "transport/contacted.py",
        "            wanted &= found.energies.imag > -(high - low) / 2\n",
        "",
        "tests/physics/test_contacted_systems.py -k strong",
    ),
    Mutation(
        "orthonormal space of poles",
        "transport/contacted.py",
        "            space = np.linalg.qr(self._filtered(space, nodes))[0]\n",
        "            space = self._filtered(space, nodes)\n",
        "tests/physics/test_contacted_systems.py",
    ),
    Mutation(
        "known levels beyond the energies",
        "inference/summary.py",
        "    if carriers is not None:\n        return carried_at(",
        "    if False:\n        return carried_at(",
        f"{_SUMMARY} -k beyond_the_energies",
    ),
    Mutation(
        "levels that are not known",
        "inference/remarks.py",
        "    if math.isnan(at_fermi.level_distance):\n",
        "    if False:\n",
        f"{_SUMMARY} -k may_miss",
    ),
    Mutation(
        "certificates that are not known",
        "inference/remarks.py",
        "    if certificate is not None and math.isnan(certificate):\n",
        "    if False:\n",
        f"{_SUMMARY} -k may_miss",
    ),
    Mutation(
        "energies that nothing resolves",
        "inference/summary.py",
        "    if record.eta == 0.0:\n",
        "    if False:\n",
        f"{_MODEL} -k nothing_resolves",
    ),
    Mutation(
        "contacts of bases name no atoms",
        "junction/contact.py",
        "        if self.names_atoms:\n",
        "        if False:\n",
        f"{_CONTACTS} -k refuse_them",
    ),
    Mutation(
        "records name no atoms",
        "data/dataset.py",
        "contact.on_bases().attachments",
        "contact.attachments",
        f"{_CONTACTS} -k contacts_on_bases",
    ),
    Mutation(
        "atoms that a nucleotide does not have",
        "structures/atoms.py",
        "            if unknown:\n",
        "            if False:\n",
        f"{_CONTACTS} -k unknown_atoms",
    ),
    Mutation(
        "frames beyond the last one",
        "structures/frame_range.py",
        "        if max(self.first, last) > count:\n",
        "        if False:\n",
        f"{_FRAMES} -k beyond_the_last_one",
    ),
    Mutation(
        "ranges of frames that hold none",
        "structures/frame_range.py",
        "(last is None or last >= numbers[0])",
        "True",
        f"{_FRAMES} -k no_range",
    ),
    Mutation(
        "frames of another duplex",
        "api/geometries.py",
        "            elif one.structure.duplex != self.duplex:\n",
        "            elif False:\n",
        f"{_FRAMES} -k another_duplex",
    ),
    Mutation(
        "molecules across the faces of a box",
        "structures/trajectories.py",
        "positions if box is None else made_whole(positions, box)",
        "positions",
        f"{_FRAMES} -k cut_by_the_box",
    ),
    Mutation(
        "images beyond the faces of a box",
        "structures/periodic.py",
        "product((-1.0, 0.0, 1.0), repeat=3)",
        "product((0.0,), repeat=3)",
        f"{_FRAMES} -k made_whole",
    ),
    Mutation(
        "boxes that hold no duplex",
        "structures/periodic.py",
        "    if widths.min() <= 2.0 * _REACH:\n",
        "    if False:\n",
        f"{_FRAMES} -k box_that_cannot_be",
    ),
    Mutation(
        "boxes without volume",
        "structures/trajectories.py",
        "        if not (np.isfinite(box).all() and abs(np.linalg.det(box)) > 0.0):\n",
        "        if False:\n",
        f"{_FRAMES} -k without_volume",
    ),
    Mutation(
        "charges of abasic nucleotides",
        "electronic/nucleotides.py",
        "    if MISSING in duplex.upper + duplex.lower:\n",
        "    if False:\n",
        f"{_ABASIC} -k refuse_it_by_name",
    ),
    Mutation(
        "steps beside a missing base",
        "structures/steps.py",
        "        if MISSING in [letters[end] for end in ends]:\n",
        "        if False:\n",
        f"{_ABASIC} -k steps_beside_it",
    ),
    Mutation(
        "poles of intervals narrower than the couplings are not kept",
        "transport/contacted.py",
        "        if high - low < width:\n",
        "        if False:\n",
        "tests/physics/test_contacted_systems.py -k asked_for_before",
    ),
    Mutation(
        "poles beside known ones are looked for as widely as they lie deep",
        "transport/contacted.py",
        "max(high, known.high + width)",
        "high",
        "tests/physics/test_contacted_systems.py -k asked_for_before",
    ),
    Mutation(
        "columns of a root are held against their overlaps",
        "electronic/overlap_root.py",
        "        if abs(found.T @ found - wanted).max() < ROOT_ACCURACY:\n",
        "        if True:\n",
        "tests/unit/test_overlap_root.py",
    ),
    Mutation(
        "series of long halves keep the digits of small T",
        "transport/downfolding.py",
        "_ACCURACY * _FALL**further",
        "_ACCURACY",
        f"{_FOLDED} -k deep_gap",
    ),
    Mutation(
        "series of parts of long halves keep the digits of small T",
        "transport/downfolding.py",
        "math.ceil(_MORE_DEGREES * further)",
        "0",
        f"{_FOLDED} -k deep_gap",
    ),
    Mutation(
        "groups hold what is coupled across them",
        "transport/downfolding.py",
        "_GROUP: Final = 6\n",
        "_GROUP: Final = 3\n",
        f"{_FOLDED} -k groups_of_long",
    ),
    Mutation(
        "a level near one energy is met by a wider window",
        "models/atomistic/transport.py",
        "for narrowest in (_NARROWEST, _WIDER)]",
        "for narrowest in (_NARROWEST,)]",
        f"{_CONTACTS} -k level_near_one_energy",
    ),
    Mutation(
        "threads of a process among others",
        "threads.py",
        "    if parent_process() is not None:\n",
        "    if False:\n",
        "tests/unit/test_idle_threads.py",
    ),
)
"""One row for each protection; add yours."""
