"""Sorting by several columns agrees with NumPy's own, whatever the ranges of the columns."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from allocation.whole_number_order import order_by

NUMBERS = st.one_of(st.integers(0, 3), st.integers(-5, 2**40), st.integers(-(2**61), 2**61))


@given(st.integers(0, 12), st.integers(1, 5), st.data())
def test_rows_come_in_the_order_of_lexsort_and_equal_rows_stay(
    row_count: int, key_count: int, data: st.DataObject
) -> None:
    columns = st.lists(NUMBERS, min_size=row_count, max_size=row_count)
    keys = [np.array(data.draw(columns), dtype=np.int64) for _ in range(key_count)]
    assert order_by(*keys).tolist() == np.lexsort(keys[::-1]).tolist()


def test_a_single_row_and_equal_columns_are_in_order_already() -> None:
    assert order_by(np.array([7])).tolist() == [0]
    assert order_by(np.zeros(3, dtype=np.int64), np.zeros(3, dtype=np.int64)).tolist() == [0, 1, 2]
