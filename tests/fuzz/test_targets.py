"""Every reader of foreign text: the corpus, and as many inputs as a test run can afford. `make fuzz` goes on."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from .mutations import Op, exchanged, mutated
from .seeds import CORPUS, corpus_of, seeds_of
from .targets import TARGETS, Target

CASES = [(name, file) for name in sorted(TARGETS) for file in corpus_of(name)]
EXAMPLES = {"yaml": 120, "plan": 150, "outcomes": 120, "hierarchy": 400}
NUMBER = st.integers(0, 5000)
OPS = st.lists(st.builds(Op, st.integers(0, 10), NUMBER, st.integers(0, 60), NUMBER), max_size=6)
COUNTED = settings(suppress_health_check=list(HealthCheck), phases=(Phase.explicit, Phase.generate, Phase.shrink))


@pytest.mark.parametrize(("name", "file"), CASES)
def test_the_corpus(name: str, file: str) -> None:
    TARGETS[name].check((CORPUS / name / file).read_bytes())


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_every_seed_is_tried_and_one_is_taken(name: str) -> None:
    taken = [TARGETS[name].check(seed) for seed in seeds_of(name)]
    assert any(taken)


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_inputs_made_from_seeds(name: str) -> None:
    target = TARGETS[name]
    seeds = seeds_of(name)

    @settings(COUNTED, max_examples=EXAMPLES.get(name, 300))
    @given(seed=st.sampled_from(range(len(seeds))), ops=OPS, values=OPS)
    def tried(seed: int, ops: list[Op], values: list[Op]) -> None:
        data = exchanged(seeds[seed], values) if target.values else seeds[seed]
        target.check(mutated(data, ops if len(values) < 3 or not target.values else [], seeds, target.words))

    tried()


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_inputs_out_of_thin_air(name: str) -> None:
    target: Target = TARGETS[name]

    @settings(COUNTED, max_examples=60)
    @given(st.one_of(st.binary(max_size=200), st.lists(st.sampled_from(target.words), max_size=30).map(b"".join)))
    def tried(data: bytes) -> None:
        target.check(data)

    tried()
