"""A published round as it is kept, and as the public may see it: no figure that points at a few children.

A count of one to four is withheld. Where one count alone would be withheld, or those withheld come to fewer than five,
they could be reckoned from the total, so the next smallest of the level are withheld with them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from allocation.snapshot import RoundId
from spatial.text import Text

LEAST_PUBLIC_COUNT = 5

_ADD_UP = ("placed", "unplaced", "applicants")
_COUNTS = ("set_aside", "justified_envy_pairs", *_ADD_UP)
_MEASURED_ON_PLACED = ("total_distance_m", "max_distance_m", "mean_distance_m", "share_nearest")


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundSchool:
    """What a round did with the seats of one level in one school.

    Parameters
    ----------
    placed
        Children placed; None where the public is not told.
    cut_off_tier, cut_off_distance_m
        Tier and distance of the last child admitted; None while there were seats left, or where not told.
    seat_price_m
        By how many metres one more seat would shorten all ways together.
    x, y
        In the storage coordinate system, metres; None where the school's place is not known.
    """

    school_code: str
    level: str
    name: str
    capacity: int
    placed: int | None
    cut_off_tier: int | None
    cut_off_distance_m: int | None
    seat_price_m: int | None
    x: float | None
    y: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AdmissionRound:
    """A published round.

    Parameters
    ----------
    published_at
        UTC.
    layer_versions
        Layer name to the version of it that the round was computed on.
    snapshot_name, content_sha256
        File of the published results, and hash of what is in it.
    summary
        Figures of ``summary.json`` of the round.
    """

    round_id: RoundId
    title: Text
    levels: tuple[str, ...]
    policy: str
    seed: str
    problem_sha256: str
    verified: bool
    published_at: datetime
    layer_versions: Mapping[str, int]
    snapshot_name: str
    content_sha256: str
    summary: Mapping[str, Any]
    schools: tuple[RoundSchool, ...] = ()


def public_view(admission_round: AdmissionRound) -> AdmissionRound:
    """Return the round with every figure withheld that could point at a few children."""
    hidden = _withheld(admission_round.schools)
    silent = _silent_cut_offs(admission_round.summary)
    return replace(
        admission_round,
        summary=_public_summary(admission_round.summary),
        schools=tuple(_public_school(school, hidden=hidden, silent=silent) for school in admission_round.schools),
    )


def _public_school(
    school: RoundSchool, *, hidden: set[tuple[str, str]], silent: set[tuple[str, str, int]]
) -> RoundSchool:
    if (school.level, school.school_code) in hidden:
        return _without_figures(school)
    if school.cut_off_tier is not None and (school.level, school.school_code, school.cut_off_tier) in silent:
        return replace(school, cut_off_distance_m=None)
    return school


def _silent_cut_offs(summary: Mapping[str, Any]) -> set[tuple[str, str, int]]:
    """Return level, school and tier of the cut-offs whose metres are withheld, because so few were admitted."""
    rows = (row for row in summary.get("cut_offs", ()) if row["admitted"] is None)
    return {(row["level"], row["school_code"], row["tier"]) for row in rows}


def is_small(count: int) -> bool:
    """Tell whether a count points at a few children; none at all points at nobody."""
    return 0 < count < LEAST_PUBLIC_COUNT


def withheld(counts: Sequence[int]) -> set[int]:
    """Return the places of the counts to be withheld where their sum is known: the small ones and what gives them away.

    At least two, and at least `LEAST_PUBLIC_COUNT` together, so that the sum of the others says nothing of a few.
    """
    some = sorted((count, place) for place, count in enumerate(counts) if count)
    hidden = [one for one in some if is_small(one[0])]
    if not hidden:
        return set()
    for one in some[len(hidden) :]:
        if len(hidden) > 1 and sum(count for count, _ in hidden) >= LEAST_PUBLIC_COUNT:
            break
        hidden.append(one)
    return {place for _, place in hidden}


def withheld_parts(counts: Sequence[Sequence[int]]) -> set[int]:
    """Return the parts to be withheld where several counts of each are told, and the sums of all are known.

    Parameters
    ----------
    counts
        One list for each thing that is counted, with an entry for each part.
    """
    part_count = len(counts[0]) if counts else 0
    hidden = {part for of_parts in counts for part in withheld(of_parts)}
    for part in sorted(range(part_count), key=lambda each: (max(row[each] for row in counts), each)):
        rests = [sum(of_parts[each] for each in hidden) for of_parts in counts]
        if not hidden or (len(hidden) > 1 and not any(is_small(rest) for rest in rests)):
            break
        hidden.add(part)
    return hidden


def _withheld(schools: Iterable[RoundSchool]) -> set[tuple[str, str]]:
    by_level: dict[str, list[RoundSchool]] = {}
    for school in schools:
        by_level.setdefault(school.level, []).append(school)
    return {(level, code) for level, pools in by_level.items() for code in _withheld_of_level(pools)}


def _withheld_of_level(schools: list[RoundSchool]) -> list[str]:
    ordered = sorted(schools, key=lambda each: each.school_code)
    return [ordered[place].school_code for place in withheld([each.placed or 0 for each in ordered])]


def _without_figures(school: RoundSchool) -> RoundSchool:
    return replace(school, placed=None, cut_off_tier=None, cut_off_distance_m=None, seat_price_m=None)


def _public_summary(summary: Mapping[str, Any]) -> Mapping[str, Any]:
    """Withhold small counts, and what was measured on so few, in the round and in each of its levels."""
    levels = [_public_figures(level) for level in summary.get("levels", [])]
    shown = dict(_public_figures(summary))
    # What one level withholds could be reckoned from the whole and the other levels.
    told_by_rest = {name for level in levels for name in _ADD_UP if name in level and level[name] is None}
    shown |= dict.fromkeys(told_by_rest)
    if levels:
        shown["levels"] = levels
    return shown


def _public_figures(figures: Mapping[str, Any]) -> Mapping[str, Any]:
    withheld = {name for name in _COUNTS if is_small(figures.get(name) or 0)}
    if withheld & set(_ADD_UP):
        withheld.add("applicants")
    if "placed" in withheld:
        withheld.update(_MEASURED_ON_PLACED)
    return {name: None if name in withheld else value for name, value in figures.items() if name != "levels"}
