"""Whatever a policy says, the round proves itself to a verifier that shares no code with it.

The verifier works out tiers, seat groups, orders, families and later runs by itself, so that its consent is a second
opinion on every random policy. What it must refuse stands in `test_forged_rounds`.
"""

import random
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st
from random_rounds import random_round, written

from allocation.verify import verify_directory

SEEDS = st.integers(0, 2**32)


def bytes_of(directory: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(directory)): path.read_bytes() for path in sorted(directory.rglob("*")) if path.is_file()
    }


def failures(directory: Path) -> list[str]:
    return [failure.en for failure in verify_directory(directory).failures]


@given(SEEDS)
@example(2481)  # a level without a single seat group
@settings(max_examples=120, deadline=None)
def test_a_round_under_any_policy_and_the_run_after_it_prove_themselves(seed: int) -> None:
    one = random_round(seed)
    decision = one.decided()
    with written(decision, seed=one.seed) as directory:
        assert failures(directory) == []
    after = one.after(decision, random.Random(seed))  # noqa: S311 - a test case, no secret
    with written(after.decided(), seed=after.seed) as directory:
        assert failures(directory) == []


@given(SEEDS)
@settings(max_examples=40, deadline=None)
def test_rows_in_another_order_change_no_byte_under_any_policy(seed: int) -> None:
    one = random_round(seed)
    other = one.shuffled(random.Random(seed))  # noqa: S311 - a test case, no secret
    with written(one.decided(), seed=one.seed) as first, written(other.decided(), seed=one.seed) as second:
        assert bytes_of(first) == bytes_of(second)
