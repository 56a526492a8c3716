"""Write addresses.yaml: addresses as people write them, put together from parts that are known beforehand.

Nothing here reads an address. Each case is written from a number, a street and a ward in one of many habits, so what
it must be read as, and which house it means, is known by construction.

    python tests/golden/write_addresses.py
"""

import random
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from basemap.demo_city import make_city
from basemap.model import LayerName

HOUSEHOLDS_COUNT, SEED = 2_000, 7
HOUSES_COUNT = 14
Case = dict[str, Any]
chance = random.Random(2026)  # noqa: S311 - draws test cases, keeps no secret


class House(NamedTuple):
    """One house of the demonstration city."""

    number: str
    street: str
    ward: str
    address: str


Habit = Callable[[House], tuple[str, dict[str, str]]]


def bare(text: str) -> str:
    apart = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def road(house: House) -> str:
    """The street with the word before it: a numbered street brings its own."""
    return house.street.lower() if is_numbered(house) else f"đường {house.street}"


def is_numbered(house: House) -> bool:
    return house.street.startswith("Đường số")


def read_as(house: House, *, plain: bool = False, **more: str) -> dict[str, str]:
    """What the text must be read as; numbered streets have one form, names stay as they are written."""
    street = bare(house.street) if plain and not is_numbered(house) else house.street
    return {"house_number": house.number, "street": street, "ward": bare(house.ward) if plain else house.ward, **more}


CITY = {"province": "Hồ Chí Minh"}
HABITS: dict[str, Habit] = {
    "as registered": lambda h: (f"{h.number} {h.street}, Phường {h.ward}", read_as(h)),
    "in full": lambda h: (
        f"Số {h.number} {road(h)}, phường {h.ward}, Thành phố Hồ Chí Minh, Việt Nam", read_as(h, **CITY)),
    "abbreviated": lambda h: (f"{h.number} {road(h).replace('đường', 'Đ.')}, P.{h.ward}, TP.HCM", read_as(h, **CITY)),
    "no accents": lambda h: (bare(f"{h.number} {h.street}, Phuong {h.ward}, TPHCM"), read_as(h, plain=True, **CITY)),
    "no accents, no commas": lambda h: (
        bare(f"{h.number} {h.street} phuong {h.ward}").lower(), read_as(h, plain=True)),
    "no commas": lambda h: (f"{h.number} {h.street} P. {h.ward} TP. Hồ Chí Minh", read_as(h, **CITY)),
    "upper case": lambda h: (f"{h.number} {h.street}, PHƯỜNG {h.ward}".upper(), read_as(h)),
    "upper case, no accents": lambda h: (
        bare(f"SỐ {h.number} {road(h)} PHƯỜNG {h.ward}").upper(), read_as(h, plain=True)),
    "decomposed letters": lambda h: (
        unicodedata.normalize("NFD", f"{h.number} {h.street}, Phường {h.ward}"), read_as(h)),
    "ward first": lambda h: (f"Phường {h.ward}, {road(h)}, số {h.number}", read_as(h)),
    "from large to small": lambda h: (f"TP.HCM, P. {h.ward}, {h.street}, {h.number}", read_as(h, **CITY)),
    "no word for the ward": lambda h: (f"{h.number} {h.street}, {h.ward}", read_as(h)),
    "dashes": lambda h: (f"{h.number} {h.street} - P.{h.ward} - TP HCM", read_as(h, **CITY)),
    "careless blanks": lambda h: (f"  {h.number}  {h.street} ,phường  {h.ward}. ", read_as(h)),
    "quarter and group": lambda h: (
        f"{h.number} {h.street}, tổ 5, khu phố 3, phường {h.ward}", read_as(h, group="5", quarter="3")),
    "quarter, short": lambda h: (f"nhà số {h.number}, {road(h)}, KP2, P {h.ward}", read_as(h, quarter="2")),
    "blanks in the number": lambda h: (
        f"{h.number.replace('/', ' / ')} {h.street}, Phường {h.ward}", read_as(h)),
    "flat": lambda h: (
        f"Căn hộ A-12.03 chung cư Mây Trắng, {h.number} {h.street}, P. {h.ward}",
        read_as(h, unit="A-12.03", building="Mây Trắng")),
}  # fmt: skip


def the_city() -> tuple[list[House], list[str]]:
    layers = make_city(households=HOUSEHOLDS_COUNT, seed=SEED).layers
    wards = dict(layers[LayerName.WARD][["ward_code", "name"]].itertuples(index=False))
    rows = layers[LayerName.ADDRESS][["house_number", "street_name", "ward_code", "address"]]
    houses = [
        House(number, street, wards[code].removeprefix("Phường "), address)
        for number, street, code, address in rows.itertuples(index=False)
    ]
    return houses, sorted(name.removeprefix("Phường ") for name in wards.values())


def written_in_every_habit(houses: list[House]) -> list[Case]:
    """A few houses, each habit on several of them: on the street, in alleys and deeper, on numbered streets too."""
    depths = [[h for h in houses if h.number.count("/") == depth] for depth in (0, 1, 2)]
    chosen = [house for group, count in zip(depths, (7, 4, 3), strict=True) for house in chance.sample(group, count)]
    cases = []
    for position, (habit, write) in enumerate(HABITS.items()):
        for step in range(6):
            house = chosen[(position * 5 + step * 3) % HOUSES_COUNT]
            text, parse = write(house)
            cases.append(case(habit, text, parse=parse, grade="exact", address=house.address))
    deep = [house for house in chosen if house.number.count("/")]
    for house in deep:
        outer, _, last = house.number.rpartition("/")
        texts = {
            "alley by word": f"Số {last} hẻm {outer} {road(house)}, phường {house.ward}",
            "alley by word, no accents": bare(f"so {last}, hem {outer} {road(house)}, p {house.ward}").lower(),
        }
        if house.number.count("/") == 2:
            first, second, last = house.number.split("/")
            texts["ngách in ngõ"] = f"Số {last} ngách {second} ngõ {first} {house.street}, phường {house.ward}"
        cases += [
            case(habit, text, parse=read_as(house, plain="no accents" in habit), grade="exact", address=house.address)
            for habit, text in texts.items()
        ]
    return cases


def misspelt(houses: list[House]) -> list[Case]:
    """One slip of the pen in a long street name, the ward written rightly: the house is still meant."""
    long_names = [h for h in houses if len(bare(h.street).replace(" ", "")) >= 9 and not is_numbered(h)]
    cases = []
    for slip, spoil in {
        "letters swapped": lambda s: s[:-2] + s[-1] + s[-2],
        "letter left out": lambda s: s[:1] + s[2:],
        "letter doubled": lambda s: s[:2] + s[1:],
        "wrong letter": lambda s: s[:-1] + "m",
    }.items():
        for house in chance.sample(long_names, 4):
            street = spoil(bare(house.street))
            parse = {"house_number": house.number, "street": street, "ward": bare(house.ward)}
            text = f"{house.number} {street}, phuong {bare(house.ward)}"
            cases.append(case(slip, text, parse=parse, grade="exact", address=house.address))
    for house in chance.sample([h for h in houses if "Nguyễn" in h.street], 4):
        street = house.street.replace("Nguyễn", "Nguyển")
        parse = {"house_number": house.number, "street": street, "ward": house.ward}
        text = f"{house.number} {street}, Phường {house.ward}"
        cases.append(case("hỏi for ngã", text, parse=parse, grade="exact", address=house.address))
    for house in chance.sample([h for h in long_names if h.street.count(" ") == 2], 4):
        street = " ".join([*house.street.split()[:2], bare(house.street.split()[2])])
        if street != house.street:
            parse = {"house_number": house.number, "street": street, "ward": house.ward}
            text = f"{house.number} {street}, Phường {house.ward}"
            cases.append(case("one accent forgotten", text, parse=parse, grade="exact", address=house.address))
    return cases


def run_together(houses: list[House]) -> list[Case]:
    """Nothing parts street from ward: no reader can know before it has seen the map."""
    return [
        case("all run together", bare(f"{h.number} {h.street} {h.ward}").lower(), grade="exact", address=h.address)
        for h in chance.sample([h for h in houses if not is_numbered(h)], 8)
    ]


def wards_in_doubt(houses: list[House], wards: list[str]) -> list[Case]:
    """The ward is wrong, unknown or missing where it is needed: no map can answer with certainty."""
    named = [h for h in houses if not is_numbered(h)]
    wards_of: dict[str, set[str]] = {}
    for house in houses:
        wards_of.setdefault(house.street, set()).add(house.ward)
    elsewhere = {h: [ward for ward in wards if ward not in wards_of[h.street]] for h in named}
    lost = [(h, chance.choice(elsewhere[h])) for h in chance.sample([h for h in named if elsewhere[h]], 8)]
    beside = [h for h in named if len(wards_of[h.street]) > 1]
    moved = [(h, chance.choice(sorted(wards_of[h.street] - {h.ward}))) for h in chance.sample(beside, 6)]
    shared = chance.sample([h for h in houses if is_numbered(h) and len(wards_of[h.street]) > 1], 6)
    return [
        *(doubt("ward without that street", h, f"{h.number} {h.street}, Phường {ward}", read_as(h) | {"ward": ward},
                grade="none") for h, ward in lost),
        *(doubt("house in another ward of the street", h, f"{h.number} {h.street}, P. {ward}",
                read_as(h) | {"ward": ward}, grade="street") for h, ward in moved),
        *(doubt("street of that name in several wards", h, f"{h.number} {h.street}, TP.HCM",
                {"house_number": h.number, "street": h.street} | CITY, grade="none") for h in shared),
        *(doubt("ward not of this city", h, f"{h.number} {h.street}, Phường Tân Quý Đông",
                read_as(h) | {"ward": "Tân Quý Đông"}, grade="none") for h in chance.sample(named, 5)),
        *(doubt("district that cannot be checked", h, f"{h.number} {h.street}, P. {h.ward}, Q.5",
                read_as(h, district="5"), grade="street") for h in chance.sample(named, 5)),
        *(case("another province", f"{h.number} {h.street}, phường {h.ward}, Hà Nội",
               parse=read_as(h, province="Hà Nội"), grade="none") for h in chance.sample(named, 3)),
    ]  # fmt: skip


def houses_that_are_not_there(houses: list[House]) -> list[Case]:
    """The street is there and the house is not: the street or the mouth of the alley is as far as one can say."""
    doors = {(h.number, h.street) for h in houses}
    on_street, in_alley, inside = ([h for h in houses if h.number.count("/") == depth] for depth in (0, 1, 2))
    plain = [h for h in houses if h.number[-1].isdigit() and (f"{h.number}X", h.street) not in doors]
    return [
        *(case("no such number", f"9{h.number}5 {h.street}, Phường {h.ward}", grade="street", ward=h.ward)
          for h in chance.sample(on_street, 6)),
        *(case("no such house in the alley", f"{h.number.split('/')[0]}/977 {h.street}, Phường {h.ward}",
               grade="alley_mouth", mouth=f"Hẻm {h.number.split('/')[0]} {h.street}")
          for h in chance.sample(in_alley, 5)),
        *(case("no such house in the inner alley", f"{h.number.rpartition('/')[0]}/977 {road(h)}, P. {h.ward}",
               grade="alley_mouth", mouth=f"Hẻm {h.number.rpartition('/')[0]} {h.street}")
          for h in chance.sample(inside, 4)),
        *(case("no such letter", f"{h.number}X {h.street}, Phường {h.ward}", grade=["street", "alley_mouth"],
               candidate=h.address) for h in chance.sample(plain, 5)),
        *(case("street alone", f"{road(h)}, phường {h.ward}", parse={"street": h.street, "ward": h.ward},
               grade="street", ward=h.ward) for h in chance.sample([h for h in houses if not is_numbered(h)], 4)),
    ]  # fmt: skip


def streets_that_are_not_there(houses: list[House], wards: list[str]) -> list[Case]:
    """The ward is as much as one can say, or nothing at all."""
    away = ("Tôn Thất Đạm", "Nguyễn Thị Minh Khai", "Điện Biên Phủ", "3/2", "Lê Thánh Tôn", "Pasteur")
    other = {"Cô Bắc": "Cô Bạc", "Ký Con": "Kỳ Con", "Bà Triệu": "Bá Triệu"}
    alike = chance.sample([h for h in houses if h.street in other], 5)
    nothing = ("", "không rõ", "gần chợ, hỏi bà Tư", "nhà trọ sau trường học", "12345", "xem hồ sơ kèm theo")
    return [
        *(case("no such street", f"12 {street}, Phường {ward}", grade="ward", ward=ward,
               parse={"house_number": "12", "street": street, "ward": ward})
          for street, ward in zip(away, [*wards, *wards], strict=False)),
        *(doubt("another name once accents count", h, f"{h.number} {other[h.street]}, Phường {h.ward}",
                read_as(h) | {"street": other[h.street]}, grade="ward") for h in alike),
        *(case("ward alone", f"Phường {ward}, TP.HCM", parse={"ward": ward} | CITY, grade="ward", ward=ward)
          for ward in wards),
        *(case("no address", text, grade="none") for text in nothing),
    ]  # fmt: skip


def doubt(habit: str, house: House, text: str, parse: dict[str, str], *, grade: str) -> Case:
    """A text that must not be answered with a house, though the house meant must be offered."""
    return case(habit, text, parse=parse, grade=grade, candidate=house.address)


def case(habit: str, text: str, **expected: Any) -> Case:  # noqa: ANN401 - what a case expects differs by its kind
    return {"habit": habit, "text": text, **expected}


def main() -> None:
    houses, wards = the_city()
    cases = [*written_in_every_habit(houses), *misspelt(houses), *run_together(houses)]
    cases += [*wards_in_doubt(houses, wards), *houses_that_are_not_there(houses)]
    cases += streets_that_are_not_there(houses, wards)
    sheet = {"city": {"households": HOUSEHOLDS_COUNT, "seed": SEED}, "cases": cases}
    head = "# Written by write_addresses.py from known parts: see there what each habit means. Do not edit.\n"
    text = yaml.safe_dump(sheet, allow_unicode=True, sort_keys=False, width=1000)
    Path(__file__).with_name("addresses.yaml").write_text(head + text, encoding="utf-8")


if __name__ == "__main__":
    main()
