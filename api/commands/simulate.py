"""``diaban simulate-round``: the files of a district become the files of a round with generated children."""

from pathlib import Path
from typing import Annotated

import typer

from allocation import simulate_files
from allocation.model import Level
from allocation.simulate import SimulationRules
from allocation.simulate_files import Chosen, DistrictFiles, SimulatedRound
from api.console import print_json, progress, say
from api.settings import settings
from spatial.errors import InputError
from spatial.text import Text

_CONDITION_HELP = "COLUMN=VALUE; may be repeated, one is enough."


def simulate_round(  # noqa: PLR0913 - each is one word of the command line
    *,
    buildings: Annotated[Path, typer.Option(help="File of buildings.", show_default=False)],
    homes: Annotated[list[str], typer.Option(help=f"Which buildings are homes: {_CONDITION_HELP}", show_default=False)],
    school_points: Annotated[
        list[Path], typer.Option(help="File of school points; may be repeated.", show_default=False)
    ],
    streets: Annotated[list[Path], typer.Option(help="File of street lines; may be repeated.", show_default=False)],
    out: Annotated[
        Path, typer.Option(help="Folder for applicants.csv, schools.csv, streets.gpkg.", show_default=False)
    ],
    school_year: Annotated[int, typer.Option(help="Year in which the school year begins.", show_default=False)],
    not_walked: Annotated[
        list[str] | None, typer.Option(help=f"Which lines nobody walks on: {_CONDITION_HELP}")
    ] = None,
    applicants: Annotated[int, typer.Option(help="How many children.", min=1)] = 1000,
    level: Annotated[list[Level] | None, typer.Option(help="Levels of the round; may be repeated.")] = None,
    merge_within_m: Annotated[float, typer.Option(help="School points this close are one school.", min=0)] = 45.0,
    seats_ratio: Annotated[float, typer.Option(help="Seats over applicants.", min=0)] = 1.02,
    surroundings_m: Annotated[float, typer.Option(help="Streets this far around are kept.", min=0)] = 2000.0,
    seed: Annotated[int, typer.Option(help="Same seed, same round.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a sentence.")] = False,
) -> None:
    """Simulate a round on a district's own buildings, school points and streets."""
    files = DistrictFiles(
        buildings=buildings,
        school_points=tuple(school_points),
        streets=tuple(streets),
        homes=_conditions(homes, option="--homes"),
        not_walked=_conditions(not_walked or [], option="--not-walked"),
        surroundings_m=surroundings_m,
    )
    rules = SimulationRules(
        applicant_count=applicants,
        levels=tuple(level or [Level.GRADE_1]),
        school_year=school_year,
        seed=seed,
        merge_within_m=merge_within_m,
        seats_per_applicant_ratio=seats_ratio,
    )
    with progress() as bar:
        bar.add_task(out.name, total=None)
        simulated = simulate_files.simulate_round(files, rules, storage_crs=settings().crs)
        simulate_files.write_simulated_round(simulated, out)
    _say_simulated(simulated, out, as_json=as_json)


def _conditions(written: list[str], *, option: str) -> tuple[Chosen, ...]:
    return tuple(_condition(text, option=option) for text in written)


def _condition(text: str, *, option: str) -> Chosen:
    column, equals, value = text.partition("=")
    if not (column and equals and value):
        raise InputError(
            Text(f"{option} {text!r} không đúng dạng.", f"{option} {text!r} is not of the right form."),
            hint=Text(f"Ghi {option} CỘT=GIÁ_TRỊ.", f"Write {option} COLUMN=VALUE."),
        )
    return Chosen(column=column.strip(), value=value.strip())


def _say_simulated(simulated: SimulatedRound, out: Path, *, as_json: bool) -> None:
    counts = {
        "homes": simulated.home_count,
        "school_points": simulated.school_point_count,
        "schools": int(simulated.schools["school_code"].nunique()),
        "street_lines": simulated.street_line_count,
        "applicants": len(simulated.applicants),
        "seats": int(simulated.schools["capacity"].sum()),
    }
    if as_json:
        print_json(counts)
        return
    vi = (
        f"{counts['homes']} nhà ở, {counts['school_points']} điểm trường gộp thành {counts['schools']} trường, "
        f"{counts['street_lines']} đoạn đường; {counts['applicants']} học sinh mô phỏng, {counts['seats']} chỗ → {out}"
    )
    en = (
        f"{counts['homes']} homes, {counts['school_points']} school points merged into {counts['schools']} schools, "
        f"{counts['street_lines']} street lines; {counts['applicants']} simulated applicants, "
        f"{counts['seats']} seats → {out}"
    )
    say(Text(vi, en))
