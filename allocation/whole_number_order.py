"""Sorting by several columns of whole numbers at once: as `numpy.lexsort`, but several times faster for millions."""

import numpy as np

from allocation.model import Integers

_BITS = 63


def order_by(*keys: Integers) -> Integers:
    """Return the indices that sort by the first key, then the second, and so forth; equal rows stay in their order.

    Keys are drawn together with the number of the row into one number a row, so that plain numbers are sorted; where
    they do not all fit, the last ones are sorted first.

    Parameters
    ----------
    keys
        Columns of the same length, at least one.
    """
    row_bits = max(len(keys[0]) - 1, 0).bit_length()
    order = np.arange(len(keys[0]))
    rest = [key for key in keys if key.size and key.min() < key.max()]
    while rest:
        together: list[Integers] = []
        while rest and row_bits + sum(map(_bits, [rest[-1], *together])) <= _BITS:
            together.insert(0, rest.pop())
        if together:
            order = order[_order_of([key[order] for key in together], row_bits)]
        else:
            order = order[np.argsort(rest.pop()[order], kind="stable")]
    return order


def _bits(key: Integers) -> int:
    return (int(key.max()) - int(key.min())).bit_length()


def _order_of(keys: list[Integers], row_bits: int) -> Integers:
    packed = np.zeros(len(keys[0]), dtype=np.int64)
    for key in keys:
        packed <<= _bits(key)
        packed |= key - key.min()
    packed <<= row_bits
    packed |= np.arange(len(packed))
    packed.sort()
    packed &= (1 << row_bits) - 1
    return packed
