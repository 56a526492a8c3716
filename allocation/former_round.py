"""An earlier run of a round, as the next one needs it: who holds which seat, by which rule, and what was hashed."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from allocation.model import HELD_SEAT_GROUP, NearBy, sha256_of
from allocation.policy import Policy
from allocation.round_files import RoundFiles, UnreadableError, read_directory
from spatial.errors import InputError
from spatial.text import Text

_OWN_COLUMNS = ("applicant_no", "level", "priority_tier", "together", "held_school", HELD_SEAT_GROUP, "is_confirmed")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FormerRound:
    """What an earlier run leaves to the next.

    Parameters
    ----------
    applicants
        applicant_no, level, priority_tier, the facts that were given, together, held_school (of the offer; empty
        without a seat), held_seat_group, is_confirmed.
    schools
        school_code, level, capacity, the facts that were given, name, x, y (NaN where unknown).
    pairs
        applicant_no, school_code, distance_m, preference_rank, priority_rank (0 where there is none).
    measured_by
        How its metres were measured; None where nobody said it.
    problem_sha256, offers_sha256
        What the next run names as its forerunner.
    """

    applicants: pd.DataFrame
    schools: pd.DataFrame
    pairs: pd.DataFrame
    policy: Policy
    seed: str
    any_id: bool
    crs: str
    measured_by: NearBy | None
    problem_sha256: str
    offers_sha256: str


def read_former_round(directory: Path) -> FormerRound:
    """Read what an earlier run left in its directory.

    Raises
    ------
    InputError
        The directory holds no round, or a file of it is damaged.
    """
    try:
        files = read_directory(directory)
        offers = (directory / "offers.csv").read_bytes()
    except (UnreadableError, OSError) as error:
        raise _damaged(directory) from error
    measured_by = files.summary.get("measured_by")
    return FormerRound(
        applicants=_applicants(files),
        schools=_schools(files, directory),
        pairs=_pairs(files),
        policy=Policy.model_validate(files.policy),
        seed=str(files.summary["seed"]),
        any_id=files.summary.get("any_id") is True,
        crs=str(files.summary.get("crs") or ""),
        measured_by=NearBy(measured_by) if isinstance(measured_by, str) and measured_by in {*NearBy} else None,
        problem_sha256=files.problem_sha256,
        offers_sha256=sha256_of([offers]),
    )


def _damaged(directory: Path) -> InputError:
    return InputError(
        Text("Kết quả của đợt trước đã hỏng.", "The result of the earlier run is damaged."),
        hint=Text("Kiểm bằng: diaban verify.", "Look at it with: diaban verify."),
        subject=str(directory),
    )


def _applicants(files: RoundFiles) -> pd.DataFrame:
    columns = files.applicants
    numbers = columns["applicant_no"]
    nothing = [""] * len(numbers)
    offers = pd.DataFrame(
        {
            "held_school": files.offers["school_code"],
            HELD_SEAT_GROUP: files.offers.get("seat_group", [""] * len(files.offers["applicant_no"])),
        },
        index=pd.Index(files.offers["applicant_no"]),
    ).reindex(numbers, fill_value="")
    was_confirmed = np.array(columns.get("is_confirmed", nothing), dtype=object) == "1"
    has_seat = offers["held_school"].to_numpy(dtype=object) != ""
    facts = {name: values for name, values in columns.items() if name not in _OWN_COLUMNS}
    return pd.DataFrame(
        {
            "applicant_no": numbers,
            "level": columns["level"],
            "priority_tier": [int(text) for text in columns["priority_tier"]],
            **facts,
            "together": columns.get("together", nothing),
            "held_school": offers["held_school"].tolist(),
            HELD_SEAT_GROUP: offers[HELD_SEAT_GROUP].tolist(),
            "is_confirmed": (was_confirmed & has_seat).astype(np.int64),
        }
    )


def _schools(files: RoundFiles, directory: Path) -> pd.DataFrame:
    frame = pd.DataFrame(files.schools).astype("str")
    frame["capacity"] = frame["capacity"].astype("int64")
    path = directory / "school_places.csv"
    if not path.is_file():
        return frame.assign(name=frame["school_code"], x=np.nan, y=np.nan)
    texts = {"school_code": str, "level": str, "name": str}
    places = pd.read_csv(path, dtype=texts, keep_default_na=False, na_values={"x": [""], "y": [""]})
    places = places[["school_code", "level", "name", "x", "y"]].astype({"x": "float64", "y": "float64"})
    merged = frame.merge(places, on=["school_code", "level"], how="left")
    return merged.assign(name=merged["name"].fillna(merged["school_code"]))


def _pairs(files: RoundFiles) -> pd.DataFrame:
    numbers = np.array(files.applicants["applicant_no"], dtype=object)
    codes = np.array(files.schools["school_code"], dtype=object)
    none = np.zeros(len(files.pair_pool), dtype=np.int64)
    return pd.DataFrame(
        {
            "applicant_no": numbers[files.pair_applicant],
            "school_code": codes[files.pair_pool],
            "distance_m": files.pair_distance_m,
            "preference_rank": files.pair_extra.get("preference_rank", none),
            "priority_rank": files.pair_extra.get("priority_rank", none),
        }
    )
