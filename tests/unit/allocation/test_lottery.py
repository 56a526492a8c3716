"""The lottery can be drawn again by anybody, with other tools."""

from allocation.lottery import lottery_number, lottery_ranks, seed_commitment


def test_the_number_is_the_start_of_a_published_hmac() -> None:
    # RFC 4231, test case 2: key "Jefe", data "what do ya want for nothing?".
    assert lottery_number("what do ya want for nothing?", seed="Jefe") == "5bdcc146bf60754e"


def test_the_commitment_is_the_sha256_of_the_seed() -> None:
    # FIPS 180-2, example B.1.
    assert seed_commitment("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_the_smaller_number_draws_first_whatever_the_order_of_rows() -> None:
    names = [f"hồ sơ {number}" for number in range(50)]
    ranks = lottery_ranks(names, seed="s")
    drawn = sorted(names, key=lambda name: lottery_number(name, seed="s"))
    assert [names[index] for index in ranks.argsort()] == drawn
    assert dict(zip(reversed(names), lottery_ranks(names[::-1], seed="s"), strict=True)) == dict(
        zip(names, ranks, strict=True)
    )


def test_another_seed_gives_another_order() -> None:
    names = [f"hồ sơ {number}" for number in range(50)]
    assert lottery_ranks(names, seed="1").tolist() != lottery_ranks(names, seed="2").tolist()
