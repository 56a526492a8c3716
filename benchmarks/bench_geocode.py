"""How well addresses are found: on the golden sheets, on maps with gaps, with slips of the pen; and how fast.

python benchmarks/bench_geocode.py [--households 20000]
"""

import argparse
import random
import sys
import time
from collections import Counter
from pathlib import Path

from basemap.address_index import build_index
from basemap.demo_city import DemoCity, make_city
from basemap.geocode import Geocoder, Grade
from basemap.model import LayerName
from spatial.text import without_accents

GAP_SHARE_RATIO = 0.3
SEED = 7


def slip(text: str, chance: random.Random) -> str:
    """Return ``text`` with two neighbouring letters swapped somewhere."""
    places = [at for at in range(len(text) - 1) if text[at].isalpha() and text[at + 1].isalpha()]
    at = chance.choice(places)
    return text[:at] + text[at + 1] + text[at] + text[at + 2 :]


def main() -> None:
    """Print the figures of the golden sheets, of a whole city, and how many addresses a second are answered."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--households", type=int, default=20_000)
    households = parser.parse_args().households
    say_golden()
    city = make_city(households=households, seed=SEED)
    say_speed(city)
    say_grades(city)


def say_golden() -> None:
    """Print recall, wrong answers, and wrong and confident ones on the sheets written by hand and by construction."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "golden"))
    import address_sheets as sheets  # noqa: PLC0415 - stands beside the tests

    pairs = []
    for name in (sheets.OF_THE_DEMONSTRATION, sheets.OLD_AND_NEW):
        sheet = sheets.read_sheet(name)
        geocoder = sheets.geocoder_of(sheet)
        pairs += [(case, geocoder.geocode(case["text"])) for case in sheet["cases"]]
    print("golden sheets: " + "; ".join(sheets.figures_of(pairs).lines()))


def say_speed(city: DemoCity) -> None:
    """Print addresses a second, one by one and as a batch, each address in five ways of writing it."""
    layers, texts = city.layers, city.homes["address"].tolist()
    chance = random.Random(SEED)  # noqa: S311 - draws slips of the pen, keeps no secret
    ways = (str, str.upper, without_accents, lambda text: slip(text, chance), lambda text: text.partition(",")[0])
    asked = [way(text) for way in ways for text in texts]
    began = time.perf_counter()
    index = build_index(layers[LayerName.ADDRESS], layers[LayerName.STREET], wards=layers[LayerName.WARD])
    print(f"index of {len(layers[LayerName.ADDRESS])} addresses: {time.perf_counter() - began:.1f} s")
    one_by_one, batch = Geocoder(index), Geocoder(index)
    took_s = []
    for text in asked[:: max(1, len(asked) // 10_000)]:
        began = time.perf_counter()
        one_by_one.geocode(text)
        took_s.append(time.perf_counter() - began)
    median_ms, slow_ms = (1000 * sorted(took_s)[int(share * (len(took_s) - 1))] for share in (0.5, 0.99))
    print(f"one by one: {len(took_s) / sum(took_s):.0f} a second; median {median_ms:.2f}, 99 % within {slow_ms:.2f} ms")
    began = time.perf_counter()
    batch.geocode_many(asked)
    batch_s = time.perf_counter() - began
    print(f"batch of {len(asked)}: {batch_s:.1f} s, {len(asked) / batch_s:.0f} a second")


def say_grades(city: DemoCity) -> None:
    """Print seconds, share of each grade, and how many answers were exact and another house."""
    layers, texts = city.layers, city.homes["address"].tolist()
    chance = random.Random(SEED)  # noqa: S311 - draws slips of the pen, keeps no secret
    addresses = layers[LayerName.ADDRESS]
    holed = addresses.sample(frac=1 - GAP_SHARE_RATIO, random_state=SEED)
    swapped = [slip(text, chance) for text in texts]
    for title, known, asked in (
        ("as registered", addresses, texts),
        ("without accents", addresses, [without_accents(text) for text in texts]),
        ("two letters swapped", addresses, swapped),
        ("without the ward", addresses, [text.partition(",")[0] for text in texts]),
        ("30 % of the houses not on the map", holed, texts),
        ("30 % not on the map, two letters swapped", holed, swapped),
    ):
        began = time.perf_counter()
        geocoder = Geocoder(build_index(known, layers[LayerName.STREET], wards=layers[LayerName.WARD]))
        answers = geocoder.geocode_many(asked)
        took_s = time.perf_counter() - began
        grades = Counter(answer.grade for answer in answers)
        exact = ((answer, meant) for answer, meant in zip(answers, texts, strict=True) if answer.grade is Grade.EXACT)
        wrong = sum(answer.place is None or answer.place.label != meant for answer, meant in exact)
        shares = ", ".join(f"{grade} {100 * grades[grade] / len(asked):.1f} %" for grade in Grade)
        print(f"{title}: {len(asked)} in {took_s:.1f} s; {shares}; exact and another house: {wrong}")


if __name__ == "__main__":
    main()
