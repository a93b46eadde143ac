"""Named random streams: same name same draws, other name other draws."""

from __future__ import annotations

from dnawire.data import named_generator, named_seed


def test_a_stream_is_a_function_of_seed_and_names() -> None:
    draws = named_generator(1, "order", 3).integers(0, 2**62, 8)
    assert (draws == named_generator(1, "order", 3).integers(0, 2**62, 8)).all()
    for seed, names in ((2, ("order", 3)), (1, ("order", 4)), (1, ("split", 3)), (1, ("order",))):
        assert (draws != named_generator(seed, *names).integers(0, 2**62, 8)).any()


def test_draws_do_not_change_between_versions() -> None:
    assert named_generator(42, "split").integers(0, 1000, 4).tolist() == [688, 491, 143, 108]
    assert named_seed(42, "split") == 7817950774586150230


def test_seeds_are_63_bits_and_differ_by_name() -> None:
    seeds = {named_seed(seed, name) for seed in range(10) for name in ("a", "b")}
    assert len(seeds) == 20
    assert all(0 <= seed < 2**63 for seed in seeds)
    assert max(seeds) > 2**60
