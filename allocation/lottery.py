"""Lottery numbers that anybody can draw again.

A number is the keyed hash of the applicant's number under the seed of the round. The hash of the seed is
published before the round and the seed after it, so that nobody, the office included, can choose a number.

References
----------
RFC 2104 (HMAC), FIPS 180-4 (SHA-256).
"""

import hashlib
import hmac
import re
from collections.abc import Sequence

import numpy as np

from allocation.model import Integers
from spatial.errors import InputError
from spatial.text import Text

LOTTERY_DIGITS = 16
"""Hexadecimal digits of a lottery number: 64 bits."""


def lottery_number(applicant_no: str, *, seed: str) -> str:
    """Return the first 16 hexadecimal digits of HMAC-SHA256(key = seed, message = applicant_no), both UTF-8.

    The smaller number draws first; ``printf %s NUMBER | openssl dgst -sha256 -hmac SEED`` gives the same.
    """
    return hmac.digest(seed.encode(), applicant_no.encode(), hashlib.sha256).hex()[:LOTTERY_DIGITS]


def lottery_numbers(applicant_nos: Sequence[str], *, seed: str) -> list[str]:
    """Return the lottery number of each applicant, in the given order."""
    key = seed.encode()
    digest = hmac.digest
    return [digest(key, number.encode(), "sha256").hex()[:LOTTERY_DIGITS] for number in applicant_nos]


def lottery_ranks(applicant_nos: Sequence[str], *, seed: str) -> Integers:
    """Return each applicant's place in the draw, 0 first; should two numbers be equal, the smaller ID is first."""
    numbers = lottery_numbers(applicant_nos, seed=seed)
    order = sorted(range(len(numbers)), key=lambda index: (numbers[index], applicant_nos[index]))
    ranks = np.empty(len(numbers), dtype=np.int64)
    ranks[order] = np.arange(len(numbers))
    return ranks


def seed_commitment(seed: str) -> str:
    """Return the SHA-256 of the seed, which is published before the round."""
    return hashlib.sha256(seed.encode()).hexdigest()


def must_match_commitment(seed: str, published_sha256: str) -> None:
    """Refuse a seed that is not the one whose SHA-256 was published before the round.

    Raises
    ------
    InputError
        The hash is no SHA-256, or that of another seed.
    """
    published = published_sha256.strip().lower()
    if not re.fullmatch("[0-9a-f]{64}", published):
        raise InputError(
            Text("Mã băm đã công bố không phải SHA-256.", "The published hash is no SHA-256."),
            hint=Text("Ghi đúng 64 chữ số thập lục phân.", "Give the 64 hexadecimal digits."),
        )
    if seed_commitment(seed) != published:
        raise InputError(
            Text(
                f"Số gieo bốc thăm không khớp mã băm đã công bố: mã băm của nó là {seed_commitment(seed)}.",
                f"The seed does not match its published hash: its own is {seed_commitment(seed)}.",
            ),
            hint=Text(
                "Dùng đúng số gieo đã cam kết; nếu không còn, phải bốc thăm lại công khai.",
                "Use the seed that was committed to; if it is lost, the draw must be held again in public.",
            ),
        )
