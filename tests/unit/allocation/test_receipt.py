import secrets

import pytest

from allocation.receipt import ALPHABET, RECEIPT_BITS_COUNT, new_receipt_code, normalise
from spatial.errors import InputError


def test_the_letters_are_crockfords_thirty_two_without_i_l_o_u() -> None:
    assert len(set(ALPHABET)) == 32
    assert not set("ILOU") & set(ALPHABET)


def test_a_code_carries_at_least_sixty_bits() -> None:
    assert RECEIPT_BITS_COUNT >= 60
    assert len(new_receipt_code(bytes(8)).replace("-", "")) * 5 >= 60


@pytest.mark.parametrize(
    ("random_bytes", "code"),
    [
        (bytes(8), "0000-0000-0000"),
        (b"\xff" * 8, "ZZZZ-ZZZZ-ZZZZ"),
        # 0b00001 00010 00011 … by hand: the letters 1 2 3 4 5 6 7 8 9 A B C, then four bits that fall away
        (int("".join(f"{n:05b}" for n in range(1, 13)) + "1111", 2).to_bytes(8), "1234-5678-9ABC"),
    ],
)
def test_known_bits_give_the_code_worked_out_by_hand(random_bytes: bytes, code: str) -> None:
    assert new_receipt_code(random_bytes) == code


def test_too_few_random_bytes_are_refused() -> None:
    with pytest.raises(ValueError, match="8 random bytes"):
        new_receipt_code(bytes(7))


@pytest.mark.parametrize(
    "typed",
    [
        "7K3M-9QXA-2B4C",
        "7k3m9qxa2b4c",
        "  7K3M 9QXA 2B4C ",
        "7K3M–9QXA—2B4C",
        "7K3M.9QXA.2B4C",
        "７Ｋ３Ｍ９ＱＸＡ２Ｂ４Ｃ",
        "7K3M-9QXA-\u200b2B4C",
    ],
)
def test_a_code_is_recognised_however_it_was_typed(typed: str) -> None:
    assert normalise(typed) == "7K3M-9QXA-2B4C"


def test_look_alike_letters_are_read_as_the_digits_they_look_like() -> None:
    assert normalise("oO0i-IlL1-0000") == "0001-1111-0000"


@pytest.mark.parametrize("typed", ["", "7K3M", "7K3M-9QXA-2B4C-7", "7K3M-9QXA-2B4U", "7K3M-9QXA-2B4Đ", "\x00" * 12])
def test_what_is_no_code_is_refused_with_a_hint(typed: str) -> None:
    with pytest.raises(InputError) as refused:
        normalise(typed)
    assert refused.value.hint is not None
    assert "7K3M-9QXA-2B4C" in refused.value.hint.vi


def test_a_fresh_code_is_already_normal() -> None:
    codes = [new_receipt_code(secrets.token_bytes(8)) for _ in range(200)]
    assert [normalise(code) for code in codes] == codes
    assert len(set(codes)) == 200
