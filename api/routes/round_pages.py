"""What everybody may know of a round: figures by level and school, the rule and the proof, never a child."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse

from allocation import store
from allocation.model import LEVEL_LABELS
from allocation.policy import load_policy, shipped_policies
from allocation.public_figures import LEAST_PUBLIC_COUNT, AdmissionRound, RoundSchool, public_view
from allocation.snapshot import RoundId
from api.dependencies import AccountOrNone, DatabaseDep
from api.render import render
from spatial.text import NO_TEXT, Text

router = APIRouter(prefix="/rounds", include_in_schema=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The figures of one level or of the whole round; None where the public is not told."""

    label: Text
    applicants: int | None
    placed: int | None
    unplaced: int | None
    mean_distance_m: float | None
    max_distance_m: int | None
    share_nearest_ratio: float | None


@router.get("")
def list_rounds(request: Request, database: DatabaseDep) -> HTMLResponse:
    """Show all rounds, newest first."""
    with database.transaction() as session:
        rounds = [public_view(each) for each in store.list_rounds(session)]
    return render(request, "rounds.html", rounds=[(each, figures_of(each.summary)) for each in rounds])


@router.get("/{round_id}")
def show_round(
    request: Request,
    round_id: Annotated[str, Path(min_length=1, max_length=100)],
    database: DatabaseDep,
    account: AccountOrNone,
) -> HTMLResponse:
    """Show one round; those who are signed in see the figures that are withheld from the public."""
    with database.transaction() as session:
        whole = store.get_round(session, RoundId(round_id))
    seen = whole if account else public_view(whole)
    return render(
        request,
        "round.html",
        is_private=account is not None,
        round=seen,
        total=figures_of(seen.summary),
        policy_title=policy_title(seen.policy),
        levels=levels_of(seen),
        pools=by_level(seen.schools),
        cut_offs=cut_offs_of(seen.summary),
        is_full_view=account is not None,
        least_count=LEAST_PUBLIC_COUNT,
    )


def policy_title(name: str) -> Text:
    """Return what people call a policy; the name itself for one that did not come with the product."""
    if name not in shipped_policies():
        return Text(name, name)
    title = load_policy(name).title
    return Text(title.vi, title.en)


def figures_of(summary: Mapping[str, Any], *, label: Text = NO_TEXT) -> Figures:
    """Return the figures that a summary, or one level of it, holds."""
    names = ("applicants", "placed", "unplaced", "mean_distance_m", "max_distance_m")
    named = {name: summary.get(name) for name in names}
    return Figures(label=label, share_nearest_ratio=summary.get("share_nearest"), **named)


def levels_of(admission_round: AdmissionRound) -> list[Figures]:
    """Return the figures of each level, in the order of age."""
    listed = {each["level"]: each for each in admission_round.summary.get("levels", ())}
    return [figures_of(listed[level], label=level_label(level)) for level in _in_order(listed)]


def by_level(schools: Iterable[RoundSchool]) -> list[tuple[Text, list[RoundSchool]]]:
    """Return the seat pools of each level, the fullest first, then by name."""
    grouped: dict[str, list[RoundSchool]] = {}
    for school in schools:
        grouped.setdefault(school.level, []).append(school)
    return [(level_label(level), sorted(grouped[level], key=_fullest_first)) for level in _in_order(grouped)]


def cut_offs_of(summary: Mapping[str, Any]) -> Mapping[tuple[str, str], list[Mapping[str, Any]]]:
    """Return the cut-offs by level and school, in the order of stages, then tiers."""
    found: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for row in sorted(summary.get("cut_offs", ()), key=lambda row: (row["stage"], row["tier"], row["seat_group"])):
        found.setdefault((row["level"], row["school_code"]), []).append(row)
    return found


def level_label(level: str) -> Text:
    """Return how people call a level."""
    return LEVEL_LABELS.get(level, Text(level, level))


def _in_order(levels: Iterable[str]) -> list[str]:
    order = list(LEVEL_LABELS)
    return sorted(levels, key=lambda level: (order.index(level) if level in order else len(order), level))


def _fullest_first(school: RoundSchool) -> tuple[float, str, str]:
    ratio = -1.0 if school.placed is None or not school.capacity else school.placed / school.capacity
    return (-ratio, school.name, school.school_code)
