"""How long a file of addresses takes, and what becomes of it when the map has gaps or the writer slips.

python benchmarks/bench_geocode.py [--households 20000]
"""

import argparse
import random
import time
from collections import Counter

from basemap.address_index import build_index
from basemap.demo_city import make_city
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
    """Print seconds, share of each grade, and how many answers were exact and another house."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--households", type=int, default=20_000)
    city = make_city(households=parser.parse_args().households, seed=SEED)
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
