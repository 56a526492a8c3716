"""A generated city as files: children, schools and ways, and what has changed when the next run comes.

References
----------
Counts of children entering grade 1 and of public primary schools of Ho Chi Minh City, 2026-27: plo.vn, 2026-03-11.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from scipy.spatial import cKDTree

from allocation.personal_id import Sex, make_personal_id

APPLICANT_COUNT, CHILDREN_PER_SCHOOL = 197_500, 197_500 / 781
PAIR_COLUMNS = ("applicant", "school", "distance_m")
SEED = 20_260_901
SQUARE_M_PER_SCHOOL = 900_000.0
CAP_M = 4_000
MOST_SCHOOLS_EACH = 200
SEATS_EACH_AT_LEAST = 20
SEATS_RATIO = 1.03
AROUND_RATIO = 0.5
SHARES_OF_CHANGES = {"confirmed": 0.9, "declined": 0.03, "lapsed": 0.01}
LATE_RATIO = 0.01
SCHOOLS_WITH_OTHER_SEATS = 10
LEVEL = "grade_1"


def make_city(folder: Path, *, applicant_count: int) -> None:
    """Write applicants, schools and distances of a generated city as Parquet.

    Half of the children live around a few centres; seats follow the children nearby, unevenly; a child has some 40
    schools within the cap.
    """
    chance = np.random.default_rng(SEED)
    school_count = max(2, round(applicant_count / CHILDREN_PER_SCHOOL))
    side_m = (SQUARE_M_PER_SCHOOL * school_count) ** 0.5
    centres = chance.uniform(0.2 * side_m, 0.8 * side_m, (6, 2))
    schools = _points(chance, school_count, centres=centres, side_m=side_m)
    homes = _points(chance, applicant_count, centres=centres, side_m=side_m)
    tree = cKDTree(schools)
    share = np.bincount(tree.query(homes)[1], minlength=school_count) + SEATS_EACH_AT_LEAST
    share = share * chance.uniform(0.6, 1.4, school_count)
    seats = np.ceil(share / share.sum() * applicant_count * SEATS_RATIO).astype(np.int64)
    straight_m, school = tree.query(homes, k=min(school_count, MOST_SCHOOLS_EACH))
    detour = chance.uniform(1.1, 1.6, (applicant_count, 1)) * chance.uniform(0.95, 1.05, straight_m.shape)
    way_m = np.floor(straight_m * detour + 0.5).astype(np.int64)
    is_near = way_m <= CAP_M
    applicant = np.nonzero(is_near)[0]
    mixed = chance.permutation(len(applicant))
    columns = (applicant[mixed], school[is_near][mixed], way_m[is_near][mixed])
    _write(folder, applicant_count, seats=seats, pairs=dict(zip(PAIR_COLUMNS, columns, strict=True)))


def _points(chance: np.random.Generator, count: int, *, centres: np.ndarray, side_m: float) -> np.ndarray:
    """Return points in a square, half of them around the centres."""
    around = centres[chance.integers(0, len(centres), count)] + chance.normal(0, side_m / 10, (count, 2))
    anywhere = chance.uniform(0, side_m, (count, 2))
    return np.clip(np.where(chance.random((count, 1)) < AROUND_RATIO, around, anywhere), 0, side_m)


def _write(folder: Path, applicant_count: int, *, seats: np.ndarray, pairs: dict[str, np.ndarray]) -> None:
    numbers = _personal_ids(0, applicant_count)
    codes = np.array([f"TH{number:03d}" for number in range(len(seats))], dtype=object)
    tiers = np.random.default_rng(SEED + 1).choice([1, 2, 3], size=applicant_count, p=[0.85, 0.1, 0.05])
    _applicant_table(numbers, tiers).to_parquet(folder / "applicants.parquet", index=False)
    schools = pd.DataFrame({"school_code": codes, "level": LEVEL, "capacity": seats})
    schools.to_parquet(folder / "schools.parquet", index=False)
    named = {
        "applicant_no": pa.array(numbers).take(pa.array(pairs["applicant"])),
        "school_code": pa.array(codes).take(pa.array(pairs["school"])),
        "distance_m": pairs["distance_m"],
    }
    pq.write_table(pa.table(named), folder / "distances.parquet")
    np.savez(folder / "pairs.npz", seats=seats, **pairs)


def _applicant_table(numbers: np.ndarray, tiers: np.ndarray) -> pd.DataFrame:
    sexes = ["female" if int(number[3]) % 2 else "male" for number in numbers]
    facts = {"applicant_no": numbers, "level": LEVEL, "date_of_birth": "2020-05-17", "priority_tier": tiers}
    return pd.DataFrame({**facts, "sex": sexes})


def _personal_ids(start: int, count: int) -> np.ndarray:
    serials = np.random.default_rng(SEED).permutation(1_000_000)[start : start + count].tolist()
    sexes = (Sex.FEMALE if serial % 2 else Sex.MALE for serial in serials)
    numbers = [
        make_personal_id(province_code="079", sex=sex, birth_year=2020, serial=serial)
        for sex, serial in zip(sexes, serials, strict=True)
    ]
    return np.array(numbers, dtype=object)


def make_changes(folder: Path, former: Path) -> dict[str, Path]:
    """Write what happens after a run: most confirm, some decline or let the seat lapse, some come late, schools change.

    Children who come late have the ways of some child who was there before. One school closes, of the ten next to it in
    the list every second one gets seats and the others lose some.

    Returns
    -------
    dict
        The files by the option of ``diaban allocate`` that takes them.
    """
    chance = np.random.default_rng(SEED + 2)
    offers = pd.read_csv(former / "offers.csv", dtype=str, keep_default_na=False)
    holders = chance.permutation(offers.loc[offers["school_code"] != "", "applicant_no"].to_numpy(dtype=object))
    ends = np.cumsum([int(len(offers) * share) for share in SHARES_OF_CHANGES.values()])
    kinds = dict(zip(SHARES_OF_CHANGES, np.split(holders, ends), strict=False))
    late_count = int(len(offers) * LATE_RATIO)
    late = _personal_ids(len(offers), late_count)
    kinds["late"] = late
    rows = [pd.DataFrame({"applicant_no": who, "change": kind}) for kind, who in kinds.items()]
    files = {name: folder / f"{name}.parquet" for name in ("changes", "late", "late_ways", "other_schools")}
    pd.concat(rows).assign(school_code="", reason="", take_part_again="").to_parquet(files["changes"], index=False)
    _applicant_table(late, np.ones(late_count, dtype=np.int64)).to_parquet(files["late"], index=False)
    _ways_of_neighbours(folder, late, chance).to_parquet(files["late_ways"], index=False)
    schools = pd.read_parquet(folder / "schools.parquet").head(1 + SCHOOLS_WITH_OTHER_SEATS)
    factors = np.array([0.0, *np.resize([0.9, 1.1], SCHOOLS_WITH_OTHER_SEATS)])
    schools.assign(capacity=(schools["capacity"] * factors).astype(np.int64)).to_parquet(
        files["other_schools"], index=False
    )
    options = ("changes", "applicants", "distances", "schools")
    return dict(zip(options, files.values(), strict=True))


def _ways_of_neighbours(folder: Path, late: np.ndarray, chance: np.random.Generator) -> pd.DataFrame:
    ways = pq.read_table(folder / "distances.parquet", read_dictionary=["applicant_no"]).to_pandas()
    known = ways["applicant_no"].cat.categories.to_numpy(dtype=object)
    neighbour = dict(zip(chance.choice(known, len(late), replace=False), late, strict=True))
    own = ways[ways["applicant_no"].isin([*neighbour])]
    return own.assign(applicant_no=own["applicant_no"].astype(object).map(neighbour))
