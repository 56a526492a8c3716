"""Laws that hold for every house of every generated city: above all, no answer is sure of the wrong house."""

import random

import pytest

from basemap.address_index import build_index
from basemap.demo_city import DemoCity, make_city
from basemap.geocode import Answer, Geocoder, Grade
from basemap.model import LayerName
from spatial.text import without_accents


@pytest.fixture(scope="module", params=[1, 2, 3])
def city(request: pytest.FixtureRequest) -> DemoCity:
    return make_city(households=1_500, seed=request.param)


def geocoder_of(city: DemoCity, *, share_known_ratio: float = 1.0) -> Geocoder:
    addresses = city.layers[LayerName.ADDRESS].sample(frac=share_known_ratio, random_state=city.seed)
    return Geocoder(build_index(addresses, city.layers[LayerName.STREET], wards=city.layers[LayerName.WARD]))


def is_sure_of_another(answer: Answer, meant: str) -> bool:
    return answer.grade is Grade.EXACT and (answer.place is None or answer.place.label != meant)


def test_every_house_is_found_by_its_own_address_with_and_without_accents(city: DemoCity) -> None:
    texts = city.layers[LayerName.ADDRESS]["address"].tolist()
    geocoder = geocoder_of(city)
    for asked in (texts, [without_accents(text).upper() for text in texts]):
        answers = geocoder.geocode_many(asked)
        lost = [text for text, answer in zip(texts, answers, strict=True)
                if answer.place is None or answer.place.label != text]  # fmt: skip
        assert lost == []


def test_a_house_that_the_map_does_not_know_is_never_answered_with_another(city: DemoCity) -> None:
    texts = city.layers[LayerName.ADDRESS]["address"].tolist()
    geocoder = geocoder_of(city, share_known_ratio=0.5)
    for asked in (texts, [without_accents(text) for text in texts], [text.partition(",")[0] for text in texts]):
        answers = geocoder.geocode_many(asked)
        assert [meant for meant, answer in zip(texts, answers, strict=True) if is_sure_of_another(answer, meant)] == []


def test_no_slip_of_the_pen_makes_another_house_sure(city: DemoCity) -> None:
    """A letter of a name swapped, left out, doubled or replaced, on a map with and without gaps.

    A slip in the number itself cannot be told from another number: 20 for 20A.
    """
    chance = random.Random(city.seed)  # noqa: S311 - draws slips of the pen, keeps no secret
    meant = city.layers[LayerName.ADDRESS]["address"].tolist()
    letters = [[at for at in range(text.index(" "), len(text) - 1) if text[at].isalpha()] for text in meant]
    places = [chance.choice(choices) for choices in letters]
    spoilt = [
        [text[:at] + text[at + 1] + text[at] + text[at + 2 :] for text, at in zip(meant, places, strict=True)],
        [text[:at] + text[at + 1 :] for text, at in zip(meant, places, strict=True)],
        [text[:at] + text[at] + text[at:] for text, at in zip(meant, places, strict=True)],
        [text[:at] + chance.choice("aeiouhnt") + text[at + 1 :] for text, at in zip(meant, places, strict=True)],
    ]
    for geocoder in (geocoder_of(city), geocoder_of(city, share_known_ratio=0.6)):
        for texts in spoilt:
            answers = geocoder.geocode_many(texts)
            wrong = [text for text, own, answer in zip(texts, meant, answers, strict=True)
                     if is_sure_of_another(answer, own)]  # fmt: skip
            assert wrong == []


def test_the_order_of_the_rows_of_a_layer_changes_no_answer(city: DemoCity) -> None:
    texts = city.layers[LayerName.ADDRESS]["address"].tolist()[::20]
    asked = [*texts, *(text.partition(",")[0] for text in texts)]
    turned = {name: frame.iloc[::-1] for name, frame in city.layers.items()}
    other = build_index(turned[LayerName.ADDRESS], turned[LayerName.STREET], wards=turned[LayerName.WARD])
    one, two = geocoder_of(city).geocode_many(asked), Geocoder(other).geocode_many(asked)
    assert [(a.grade, a.reason_code) for a in one] == [(b.grade, b.reason_code) for b in two]
