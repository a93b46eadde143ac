"""What the charges of ``atomistic`` keep whatever they are, and the way from them to spectra."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from model_kit import ENERGIES, gradient_error

from dnawire.data import read_dataset
from dnawire.data.atomistic import read_atomistic
from dnawire.data.random import named_generator
from dnawire.electronic import AtomicJunctions, OrthogonalBasis, converge
from dnawire.electronic.nucleotides import nucleotide_shells, typical_charges
from dnawire.electronic.scf import ATTEMPTS, Mixing
from dnawire.electrostatics import Electrostatics, load_solvent
from dnawire.errors import (
    InvalidDuplexError,
    InvalidStructureError,
    NotConvergedError,
    UsageError,
)
from dnawire.graphs import ChargesBatch, charge_source, junction_batch
from dnawire.inference import load_predictor, prediction_remarks, status, summarize
from dnawire.junction import Contact, Duplex, Junction, JunctionArrays
from dnawire.models import ModelSpecification, TargetStatistics, build_model, load_model, save_model
from dnawire.models.atomistic import predictor as atomistic_predictor
from dnawire.models.atomistic.model import AtomisticModel
from dnawire.models.atomistic.predictor import AtomisticPredictor
from dnawire.models.atomistic.transport import ChargedDuplex
from dnawire.predictors import Conditions
from dnawire.structures import build_duplex, thermal_frame
from dnawire.training import ChargeLoss

PAIRS = Path(__file__).parents[1] / "data" / "xtb_pairs.h5"
SPECIFICATION = ModelSpecification.of(
    "atomistic", len(ENERGIES), hidden_dim=16, num_layers=2, num_heads=2, dropout=0.5
)
sequences = st.text("ACGT", min_size=2, max_size=7)


@pytest.fixture(scope="module")
def model() -> AtomisticModel:
    """Random weights about the typical charges of 2 base pairs."""
    found = build_model(SPECIFICATION, seed=3)
    assert isinstance(found, AtomisticModel)
    ones = torch.ones(len(ENERGIES), dtype=torch.float64)
    found.initialize(TargetStatistics(ENERGIES - 2.5, 0.005, {"any": ones}, {"any": ones}))
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in found.parameters():
            parameter.add_(0.05 * torch.randn(parameter.shape, generator=generator))
    found.pack()
    return found.eval()


def junction_of(text: str) -> Junction:
    return Junction(
        Duplex.parse(text), Contact.parse("upper:0", 0.1), Contact.parse("lower:0", 0.3)
    )


def charges(model: AtomisticModel, junction: Junction) -> torch.Tensor:
    with torch.no_grad():
        found: ChargesBatch = model(junction_batch([junction]))
    return found.shell_charges[0]


@settings(max_examples=25)
@given(sequences)
def test_charge_is_conserved_and_where_shells_are(model: AtomisticModel, text: str) -> None:
    found = charges(model, junction_of(text))
    assert float(found.sum()) == pytest.approx(-2.0 * (len(text) - 1), abs=1e-9)
    rows = nucleotide_shells().rows(build_duplex(Duplex.parse(text)))
    others = np.setdiff1d(np.arange(found.numel()), rows)
    assert not found.flatten()[others].any()
    assert found.flatten()[rows].all()


@settings(max_examples=25)
@given(sequences)
def test_the_other_strand_has_the_same_charges(model: AtomisticModel, text: str) -> None:
    junction = junction_of(text)
    found, other = charges(model, junction), charges(model, junction.flipped())
    torch.testing.assert_close(other.flip(0, 1), found, rtol=0, atol=1e-9)


def test_contacts_and_other_junctions_change_nothing(model: AtomisticModel) -> None:
    one, other = junction_of("GATC"), junction_of("ACGT")
    elsewhere = Junction(one.duplex, Contact.parse("lower:1", 0.4), Contact.parse("upper:2", 0.7))
    with torch.no_grad():
        together = model(junction_batch([one, other, elsewhere])).shell_charges
    torch.testing.assert_close(together[0], together[2], rtol=0, atol=0)
    torch.testing.assert_close(together[0], charges(model, one), rtol=0, atol=1e-9)


def test_gradients_are_those_of_differences() -> None:
    model = build_model(SPECIFICATION, seed=3)
    batch = junction_batch([junction_of("GATC"), junction_of("ACCT")])

    def loss(one: torch.nn.Module) -> torch.Tensor:
        weights = torch.linspace(0.5, 1.0, nucleotide_shells().width, dtype=torch.float64)
        found: torch.Tensor = (one(batch).shell_charges.square() * weights).sum()
        return found

    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.1)
    assert gradient_error(copy.deepcopy(model).double().eval(), loss) < 1e-6


def test_dropout_leaves_out_the_corrections_of_whole_duplexes(model: AtomisticModel) -> None:
    training = copy.deepcopy(model).train()
    batch = junction_batch([junction_of("GATC")] * 8)
    training.dropout.seed(1, torch.device("cpu"))
    found = training(batch).shell_charges
    same = (found[1:] == found[0]).flatten(1).all(1)
    assert same.any()
    assert not same.all()


def test_a_stored_model_is_the_same_model(model: AtomisticModel, tmp_path: Path) -> None:
    save_model(tmp_path, model, SPECIFICATION, {"eta": 0.005})
    loaded = load_model(tmp_path).model
    assert isinstance(loaded, AtomisticModel)
    junction = junction_of("GATC")
    assert torch.equal(charges(loaded, junction), charges(model, junction))


def test_it_starts_from_the_mean_charges_of_the_training(model: AtomisticModel) -> None:
    dataset, columns = read_dataset(PAIRS), read_atomistic(PAIRS)
    assert columns is not None
    targets = torch.from_numpy(charge_source(columns)(np.arange(len(dataset))))
    known = targets.isfinite()
    assert targets.nansum((1, 2, 3)) == pytest.approx(torch.full((len(dataset),), -2.0), abs=1e-6)
    wrong = ChargesBatch(targets + 2e-3)
    assert float(ChargeLoss()(wrong, ChargesBatch(targets))) == pytest.approx(4.0)
    assert ChargeLoss().weights_of(wrong).sum() == known.sum()


def test_spectra_follow_from_the_charges(model: AtomisticModel) -> None:
    junction = junction_of("GA")
    structure = build_duplex(junction.duplex)
    table = charges(model, junction).flatten().numpy()
    shell_charges = table[nucleotide_shells().rows(structure)]
    field = Electrostatics.of(structure.atomic_numbers, structure.positions, load_solvent("water"))
    basis = OrthogonalBasis.of(structure)
    exact = AtomicJunctions.of(basis, field.potentials(shell_charges))
    system = exact.contacted(junction.gamma_left, junction.gamma_right)
    with torch.no_grad():
        spectra = model.evaluate(junction_batch([junction])).known()
    for index, energy in enumerate(model.energies.tolist()):
        transmission, dos = system.spectra(complex(energy, float(model.eta)))
        wanted = np.log10(transmission), np.log10(dos)
        assert spectra["log10_transmission"][0, index] == pytest.approx(wanted[0], abs=0.03)
        assert spectra["log10_dos"][0, index] == pytest.approx(wanted[1], abs=0.003)


def test_a_predictor_knows_all_energies_and_no_impossible_structure(
    model: AtomisticModel,
) -> None:
    conditions = Conditions(
        energies=model.energies.numpy(), energy_reference=0.0, eta=0.005, contacts=None,
        parameters=None, origin="test", coverage=None,
    )  # fmt: skip
    predictor = AtomisticPredictor("small", conditions, model)
    junction = junction_of("GA")
    [record] = predictor.predict([junction], np.array([-10.5]), eta=0.02)
    [wide] = predictor.predict([junction], np.linspace(-11.0, -10.0, 3), eta=0.02)
    for name, values in record.spectra.items():
        assert values[..., 0] == pytest.approx(wide.spectra[name][..., 1], abs=1e-6)
    ldos = 10.0 ** record.spectra["log10_ldos"]
    assert ldos.sum(0) == pytest.approx(10.0 ** record.spectra["log10_dos"])
    arrays = JunctionArrays(
        junction.duplex.codes[None], junction.gamma_left[None], junction.gamma_right[None]
    )
    totals = predictor.totals(arrays, np.linspace(-11.0, -10.0, 3), 0.02)
    assert totals.log10_dos[0] == pytest.approx(wide.spectra["log10_dos"], abs=1e-9)
    twice = JunctionArrays(
        arrays.codes.repeat(2, 0), arrays.gamma_left.repeat(2, 0), arrays.gamma_right.repeat(2, 0)
    )
    both = predictor.totals(twice, np.linspace(-11.0, -10.0, 3), 0.02)
    for name in ("log10_transmission", "log10_dos"):
        eliminated = getattr(both, name)
        assert eliminated[1] == pytest.approx(wide.spectra[name], abs=0.03)
        assert np.array_equal(eliminated[0], eliminated[1])
    with pytest.raises(UsageError, match=r"eta = 0.2 eV: spectra of all atoms are known up to"):
        predictor.predict([junction], eta=0.2)
    assert predictor.resonances(junction_of("GATTACAGA"), np.array([-11.0, -10.0]), 0.0) is None
    assert np.isnan(predictor.certificate(Duplex.parse("ACGT" * 6)))
    transmitting = predictor.transmitting(junction, -11.0, -10.0)
    sharp = predictor.totals(arrays, np.linspace(-11.0, -10.0, 3), 0.0).log10_transmission[0]
    found = transmitting.transmission(np.linspace(-11.0, -10.0, 3)[None]).plain[0]
    assert np.log10(found) == pytest.approx(sharp, abs=1e-9)
    with pytest.raises(UsageError, match="T of 9 base pairs is known broadened by eta only"):
        predictor.transmitting(junction_of("GATTACAGA"), -11.0, -10.0)
    with pytest.raises(UsageError, match="no Hamiltonian of one per base"):
        predictor.ladder(junction)
    with pytest.raises(InvalidDuplexError, match="missing bases"):
        predictor.predict([junction_of("GA/T_")])
    with pytest.raises(InvalidDuplexError, match="has 1 base pair"):
        predictor.predict([junction_of("G")])
    with pytest.raises(InvalidStructureError, match="apart"):
        predictor.predict([junction_of("GA/GC")])


def test_any_geometry_of_the_same_atoms_has_the_charges_of_its_letters(
    model: AtomisticModel,
) -> None:
    duplex = Duplex.parse("GA")
    ideal = model.charged(duplex)
    frame = thermal_frame(duplex, named_generator(1, "test")).structure
    moved = model.charged_structure(frame)
    assert np.array_equal(moved.shell_charges, ideal.shell_charges)
    assert abs(moved.junctions.system.energies - ideal.junctions.system.energies).max() > 0.01
    assert moved.structure is frame


def test_other_atoms_and_letters_are_refused(model: AtomisticModel) -> None:
    structure = build_duplex(Duplex.parse("GA"))
    rows = np.arange(len(structure)) != structure.atom(1, "OP1")
    names = tuple(name for name, is_kept in zip(structure.names, rows, strict=True) if is_kept)
    short = replace(
        structure, names=names, positions=structure.positions[rows],
        nucleotides=structure.nucleotides[rows],
    )  # fmt: skip
    with pytest.raises(InvalidStructureError, match="124 atoms of 'GA' are not those"):
        model.charged_structure(short)
    phosphate = list(structure.names)
    phosphate[structure.atom(0, "HO5'")] = "P"
    with pytest.raises(InvalidStructureError, match="are not those of its nucleotides"):
        model.charged_structure(replace(structure, names=tuple(phosphate)))
    with pytest.raises(InvalidDuplexError, match="charges are not known"):
        model.charged_structure(replace(structure, duplex=Duplex("GA", "T_")))
    with pytest.raises(InvalidDuplexError, match="has 1 base pair"):
        model.charged_structure(build_duplex(Duplex.parse("G")))


def test_a_step_leaves_an_error_of_second_order() -> None:
    structure = thermal_frame(Duplex.parse("GA"), named_generator(2, "test")).structure
    exact = converge(structure, None)
    errors = []
    for size in (1.0, 0.5):
        noise = size * 0.02 * np.sin(np.arange(len(exact.shell_charges)))
        start = exact.shell_charges + noise - noise.mean()
        charged = ChargedDuplex.of(structure, start, None)
        refined = charged.refined()
        assert refined.shell_charges.sum() == pytest.approx(-2.0, abs=1e-9)
        assert refined.certificate() < 0.1 * charged.certificate()
        errors.append(abs(refined.shell_charges - exact.shell_charges).max())
        assert errors[-1] < 0.1 * abs(noise).max()
    assert errors[1] < 0.4 * errors[0]


def test_charges_that_do_not_settle_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(cast("dict[str, Mixing]", ATTEMPTS), "standard", Mixing(0.4, 15, 3))
    structure = build_duplex(Duplex.parse("GA"))
    charged = ChargedDuplex.of(structure, typical_charges(structure), None)
    with pytest.raises(NotConvergedError, match="after 3 iterations with the same orbitals"):
        charged.refined()


def test_a_predictor_of_one_geometry_answers_for_no_other_duplex(model: AtomisticModel) -> None:
    conditions = Conditions(
        energies=model.energies.numpy(), energy_reference=0.0, eta=0.005, contacts=None,
        parameters=None, origin="test", coverage=None,
    )  # fmt: skip
    predictor = AtomisticPredictor("small", conditions, model)
    junction, grid = junction_of("GA"), np.linspace(-11.0, -10.0, 3)
    ideal = predictor.charged(build_duplex(junction.duplex))
    [record] = predictor.bound_to(ideal).predict([junction], grid)
    [wanted] = predictor.predict([junction], grid)
    for name, values in wanted.spectra.items():
        assert record.spectra[name] == pytest.approx(values)
    frame = thermal_frame(junction.duplex, named_generator(1, "test")).structure
    bound = predictor.bound_to(predictor.charged(frame))
    [other] = bound.predict([junction], grid)
    assert abs(other.log10_transmission - wanted.log10_transmission).max() > 0.01
    assert bound.certificate(junction.duplex) != predictor.certificate(junction.duplex)
    with pytest.raises(UsageError, match="'AC' is asked of a geometry of 'GA'"):
        bound.predict([junction_of("AC")], grid)


def test_typical_charges_are_near_those_of_records() -> None:
    columns = read_atomistic(PAIRS)
    assert columns is not None
    structure = build_duplex(Duplex.parse(str(columns.texts[0])))
    difference = typical_charges(structure) - columns.shell_charges(0)
    assert np.sqrt(np.mean(difference**2)) < 0.01
    assert difference.sum() == pytest.approx(0.0, abs=1e-6)


@pytest.mark.slow
def test_twelve_base_pairs_without_the_orbitals_that_are_far() -> None:
    """Half of T is below 1e-20 here, and what follows from levels is rounding."""
    predictor = load_predictor("pretrained:xtb")
    assert isinstance(predictor, AtomisticPredictor)
    charged = predictor.charged(build_duplex(Duplex.parse("ACTCTCCTTATG")))
    left, right = np.zeros((2, 12, 2))
    left[0, 0] = right[-1, 0] = 0.1
    energies = np.linspace(-12.2, -9.7, 126)
    transmission, dos = charged.totals((left, right), energies, 0.005)
    poles = charged.poles((left, right), energies)
    wanted = poles.transmission(energies, 0.005)
    errors, known = abs(np.log10(transmission / wanted)), wanted > 1e-20
    assert errors[known].mean() < 0.03
    assert errors[wanted > 1e-3].mean() < 0.01
    assert abs(np.log10(dos / poles.local_dos(energies, 0.005)[0])).mean() < 0.001
    deep = np.log10(transmission[energies > -10.1])
    assert deep.max() < -29.0
    assert np.log10(wanted).min() > -29.0


def test_nothing_resolves_long_duplexes_at_eta_zero(
    model: AtomisticModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    conditions = Conditions(
        energies=model.energies.numpy(), energy_reference=0.0, eta=0.005, contacts=None,
        parameters=None, origin="test", coverage=None,
    )  # fmt: skip
    predictor, grid = AtomisticPredictor("small", conditions, model), np.linspace(-11.0, -10.0, 3)
    monkeypatch.setattr(atomistic_predictor, "LONGEST_BY_LEVELS", 1)
    [record] = predictor.predict([junction_of("GA")], grid, 0.0)
    with pytest.raises(UsageError, match="eta = 0 for the 2 base pairs of 'GA'"):
        summarize(predictor, record, None, 300.0)
    [record] = predictor.predict([junction_of("GA")], grid, 0.02)
    summary = summarize(predictor, record, -10.5, 300.0)
    assert "unknown_levels" in status(prediction_remarks(predictor, summary))
