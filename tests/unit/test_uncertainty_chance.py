"""Numbers by chance: the published sequence, an even spread, and nothing but seed, draw and key in them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from geoservice.coverage.uncertainty.chance import factor, key_of, mixed, share, start


@pytest.mark.parametrize(("seed", "first"), [(0, 0xE220A8397B1DCDAF), (1234567, 6457827717110365317)])
def test_the_first_number_is_that_of_splitmix64(seed: int, first: int) -> None:
    assert int(mixed(np.uint64(seed), np.uint64(0))) == first


def test_shares_are_spread_evenly_over_draws_and_over_keys() -> None:
    over_draws = [share(np.uint64(mixed(start(7, draw), key_of("walk", "primary")))) for draw in range(5000)]
    over_keys = [share(np.uint64(mixed(start(7, 0), np.uint64(key)))) for key in range(5000)]
    for found in (over_draws, over_keys):
        assert 0 <= min(found) <= max(found) < 1
        assert stats.kstest(found, "uniform").pvalue > 0.001
    assert abs(np.corrcoef(over_draws, over_keys)[0, 1]) < 0.05


def test_factors_keep_to_their_spread() -> None:
    found = [factor(start(3, draw), key_of("步行"), 0.2) for draw in range(2000)]
    assert 0.8 <= min(found) < 0.801
    assert 1.199 < max(found) <= 1.2
