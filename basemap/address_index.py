"""The published addresses, streets and wards, arranged once so that any address is found at once."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from basemap.address import parse_address
from basemap.address_text import find_key, number_key, rank_key, shadow, street_name
from basemap.ward_names import AdministrativeUnits, CurrentWards

Floats = npt.NDArray[np.float64]

_ONE_STREET_GAP_M = 50.0
"""Pieces of one name that lie no farther apart are one street: a bridge or a square may part them."""
_ONLY_TOUCHED_M = 5.0
_ALLEY_WORDS = ("hem ", "ngo ", "ngach ", "kiet ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Something on the map that an address may mean.

    Parameters
    ----------
    label
        As it is written in the layer.
    x, y
        In the coordinate system of the index.
    ward_codes
        Wards that it lies in; a street may cross several.
    """

    label: str
    feature_id: str
    x: float
    y: float
    ward_codes: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AddressIndex:
    """What `basemap.geocode` looks things up in. Streets are counted from 0 and named by their place in ``streets``.

    Parameters
    ----------
    streets
        Names, each once, accents kept.
    by_find_key
        Streets whose name has these letters, accents aside.
    houses
        Addresses by street and number key; several when a name stands for several streets.
    alleys
        Mouths of alleys by street and number path.
    stretches
        For each street its connected pieces: two or more when distinct streets bear one name.
    is_one_street
        Whether the name means one street in the whole layer.
    wards
        A point in each ward, by code.
    """

    crs: str
    streets: tuple[str, ...]
    by_find_key: Mapping[str, tuple[int, ...]]
    houses: Mapping[tuple[int, str], tuple[Place, ...]]
    alleys: Mapping[tuple[int, str], tuple[Place, ...]]
    stretches: tuple[tuple[Place, ...], ...]
    is_one_street: tuple[bool, ...]
    wards: Mapping[str, Place]
    units: AdministrativeUnits
    points: shapely.STRtree
    all_houses: tuple[Place, ...]


def build_index(
    addresses: gpd.GeoDataFrame,
    streets: gpd.GeoDataFrame,
    *,
    wards: gpd.GeoDataFrame,
    units: AdministrativeUnits | None = None,
) -> AddressIndex:
    """Arrange the three layers, all in one metric coordinate system.

    Parameters
    ----------
    addresses, streets, wards
        Frames with the attributes of `basemap.model.LAYERS`. An address without house number and street among its
        attributes is read from its text.
    units
        Who knows administrative names; by default the names of ``wards`` alone.
    """
    at_ward = _WardFinder(wards)
    numbers, names = _numbers_and_streets(addresses)
    alleys, plain = _lines_of(streets)
    known = _Streets([*names, *(name for name, _ in plain), *(name for name, _, _ in alleys)])
    all_houses = _house_places(addresses, at_ward)
    houses: dict[tuple[int, str], list[Place]] = defaultdict(list)
    for number, name, place in zip(numbers, names, all_houses, strict=True):
        if name and number:
            houses[known.number[rank_key(name)], number].append(place)
    lines: dict[int, list[shapely.Geometry]] = defaultdict(list)
    for name, line in plain:
        lines[known.number[rank_key(name)]].append(line)
    inhabited = _wards_lived_in(houses)
    stretches = tuple(
        _stretches(lines[at], name, at_ward) if at in lines else tuple(inhabited.get(at, {}).values())
        for at, name in enumerate(known.names)
    )
    return AddressIndex(
        crs=addresses.crs.to_string(),
        streets=tuple(known.names),
        by_find_key=known.by_find_key(),
        houses={key: tuple(places) for key, places in houses.items()},
        alleys=_alley_mouths(alleys, known=known, lines=lines, houses=houses, at_ward=at_ward),
        stretches=stretches,
        is_one_street=_are_one_street(stretches, houses),
        wards=_ward_places(wards),
        units=units or CurrentWards.of_layer(wards),
        points=shapely.STRtree(np.asarray(addresses.geometry.array)),
        all_houses=all_houses,
    )


class _Streets:
    """Numbers streets by their rank key; the first spelling met is the name shown."""

    def __init__(self, names: list[str]) -> None:
        self.names: list[str] = []
        self.number: dict[str, int] = {}
        for name in names:
            if name and rank_key(name) not in self.number:
                self.number[rank_key(name)] = len(self.names)
                self.names.append(name)

    def by_find_key(self) -> dict[str, tuple[int, ...]]:
        found: dict[str, list[int]] = defaultdict(list)
        for at, name in enumerate(self.names):
            found[find_key(name)].append(at)
        return {key: tuple(streets) for key, streets in found.items()}


class _WardFinder:
    """Finds the wards in which points and lines lie."""

    def __init__(self, wards: gpd.GeoDataFrame) -> None:
        self._codes = wards["ward_code"].astype(str).tolist()
        self._areas = np.asarray(wards.geometry.array)
        self._tree = shapely.STRtree(self._areas)

    def of(self, geometries: npt.NDArray[np.object_]) -> list[frozenset[str]]:
        found: list[set[str]] = [set() for _ in geometries]
        for at, ward in self._tree.query(geometries, predicate="intersects").T.tolist():
            found[at].add(self._codes[ward])
        return [frozenset(codes) for codes in found]

    def of_line(self, line: shapely.Geometry) -> frozenset[str]:
        """Return the wards that a line runs through or along; one that its end only touches is none of them."""
        near = self._tree.query(line, predicate="intersects")
        inside_m = shapely.length(shapely.intersection(line, self._areas[near]))
        runs = near[inside_m > _ONLY_TOUCHED_M]
        return frozenset(self._codes[ward] for ward in (runs if len(runs) else near).tolist())


def _numbers_and_streets(addresses: gpd.GeoDataFrame) -> tuple[list[str], list[str]]:
    columns = [addresses[name].fillna("").astype(str).tolist() for name in ("house_number", "street_name", "address")]
    numbers, names = [], []
    for number, name, text in zip(*columns, strict=True):
        parsed = parse_address(text) if not (number and name) else None
        numbers.append(parsed.house_number if parsed else number_key(number))
        names.append(parsed.street if parsed else street_name(name))
    return numbers, names


def _lines_of(
    streets: gpd.GeoDataFrame,
) -> tuple[list[tuple[str, str, shapely.Geometry]], list[tuple[str, shapely.Geometry]]]:
    """Part alleys (street, path, line) from streets (name, line)."""
    alleys, plain = [], []
    for name, line in zip(streets["name"].fillna("").astype(str), streets.geometry.array, strict=True):
        if shadow(name).startswith(_ALLEY_WORDS):
            parsed = parse_address(name)
            if parsed.alley and parsed.street:
                alleys.append((parsed.street, parsed.alley, line))
                continue
        if name:
            plain.append((street_name(name), line))
    return alleys, plain


def _house_places(addresses: gpd.GeoDataFrame, at_ward: _WardFinder) -> tuple[Place, ...]:
    points = np.asarray(addresses.geometry.array)
    ids = addresses["feature_id"] if "feature_id" in addresses else addresses.index + 1
    # On a border a point lies in two wards: then the register's own word decides.
    own = addresses["ward_code"].fillna("").astype(str).tolist()
    within = [
        (frozenset({code}) & found) or found or frozenset({code})
        for code, found in zip(own, at_ward.of(points), strict=True)
    ]
    return tuple(
        Place(label=label, feature_id=str(feature_id), x=x, y=y, ward_codes=codes)
        for label, feature_id, (x, y), codes in zip(
            addresses["address"].astype(str), ids, shapely.get_coordinates(points).tolist(), within, strict=True
        )
    )


def _wards_lived_in(houses: Mapping[tuple[int, str], list[Place]]) -> dict[int, dict[frozenset[str], Place]]:
    """Return for each street one house a ward: what stands for a street that nobody has drawn."""
    found: dict[int, dict[frozenset[str], Place]] = defaultdict(dict)
    for (street, _), places in houses.items():
        for place in places:
            found[street].setdefault(place.ward_codes, place)
    return found


def _stretches(lines: list[shapely.Geometry], name: str, at_ward: _WardFinder) -> tuple[Place, ...]:
    """Return the connected pieces of a street, each with the middle of its longest line."""
    if not lines:
        return ()
    geometries = np.array(lines, dtype=object)
    group = np.arange(len(lines))
    for one, other in shapely.STRtree(geometries).query(geometries, "dwithin", _ONE_STREET_GAP_M).T.tolist():
        group[group == group[other]] = group[one]
    pieces = []
    for piece in dict.fromkeys(group.tolist()):
        together = geometries[group == piece]
        longest = max(shapely.get_parts(together), key=shapely.length)
        middle = shapely.line_interpolate_point(longest, 0.5, normalized=True)
        codes = at_ward.of_line(shapely.union_all(together))
        pieces.append(Place(label=name, feature_id="", x=middle.x, y=middle.y, ward_codes=codes))
    return tuple(pieces)


def _alley_mouths(
    alleys: list[tuple[str, str, shapely.Geometry]],
    *,
    known: _Streets,
    lines: Mapping[int, list[shapely.Geometry]],
    houses: Mapping[tuple[int, str], list[Place]],
    at_ward: _WardFinder,
) -> dict[tuple[int, str], tuple[Place, ...]]:
    """Return where each alley opens: the end of its line nearer to the street, else its first house.

    Each is called by the alley, never by that house: nobody may take the mouth for a door.
    """
    drawn: dict[tuple[int, str], list[Place]] = defaultdict(list)
    for name, path, line in alleys:
        street = known.number[rank_key(name)]
        ends = shapely.get_point(shapely.get_parts(line)[0], [0, -1])
        roads = shapely.multilinestrings([part for road in lines[street] for part in shapely.get_parts(road)])
        away_m = shapely.distance(ends, roads) if street in lines else np.zeros(2)
        mouth = ends[int(np.argmin(away_m))]
        codes = at_ward.of_line(line)
        place = Place(label=f"Hẻm {path} {name}", feature_id="", x=mouth.x, y=mouth.y, ward_codes=codes)
        drawn[street, path].append(place)
    for (street, number), places in sorted(houses.items(), key=lambda item: (len(item[0][1]), item[0][1])):
        path, _, last = number.rpartition("/")
        if path and last and (street, path) not in drawn:
            label = f"Hẻm {path} {known.names[street]}"
            drawn[street, path] = [replace(place, label=label, feature_id="") for place in places]
    return {key: tuple(places) for key, places in drawn.items()}


def _are_one_street(
    stretches: tuple[tuple[Place, ...], ...], houses: Mapping[tuple[int, str], list[Place]]
) -> tuple[bool, ...]:
    """Tell for each name whether its pieces hang together and no number stands in it twice."""
    repeated = Counter(street for (street, _), places in houses.items() if len(places) > 1)
    return tuple(len(pieces) <= 1 and not repeated[street] for street, pieces in enumerate(stretches))


def _ward_places(wards: gpd.GeoDataFrame) -> dict[str, Place]:
    inner = shapely.get_coordinates(shapely.point_on_surface(np.asarray(wards.geometry.array))).tolist()
    names = zip(wards["ward_code"].astype(str), wards["name"].astype(str), inner, strict=True)
    return {
        code: Place(label=name, feature_id=code, x=x, y=y, ward_codes=frozenset({code})) for code, name, (x, y) in names
    }
