"""``diaban permits screen``: every published parcel against all rules, and what changed since an earlier screening."""

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from api.clock import today_in_vietnam
from api.commands.json_files import read_json
from api.commands.moments import day_of, day_typed
from api.commands.options import JsonOption, ValidOnOption
from api.commands.stores import open_store
from api.console import Head, plain_table, print_json, progress, results, said, say
from api.settings import settings
from permits.fact_sheet import read_facts
from permits.findings import VERDICT_TEXTS
from permits.model import Facts, Verdict
from permits.rulebook import ALL_RULEBOOKS
from permits.screening_diff import ScreeningDifference, compare_screenings
from permits.screening_file import read_screening
from permits.screening_service import Order, Screened, screen_published
from spatial.errors import InputError
from spatial.text import Text

_SHOWN_COUNT = 20
_HEADS = (
    Head(text=Text("thửa", "parcel")),
    Head(text=Text("cột", "column")),
    Head(text=Text("trước", "before"), folds=True),
    Head(text=Text("sau", "after"), folds=True),
)


def screen(  # noqa: PLR0913 - each is one word of the command line
    out: Annotated[Path, typer.Option(help="GeoParquet file to write: one row for each parcel.")],
    *,
    as_of: Annotated[str, typer.Option(metavar="DATE", help="Day of the law. Without it: today in Vietnam.")] = "",
    valid_on: ValidOnOption = None,
    rulebook: Annotated[
        str, typer.Option(help="Name of a rule-pack, all, or a path that ends in .yaml.")
    ] = ALL_RULEBOOKS,
    suppose: Annotated[
        Path | None, typer.Option(help="JSON file with facts taken for granted of every parcel; - reads from stdin.")
    ] = None,
    before: Annotated[Path | None, typer.Option(help="An earlier screening: say what is different now.")] = None,
    processes: Annotated[int, typer.Option(min=1, max=64, help="Processes that work side by side.")] = (
        os.cpu_count() or 1
    ),
    json_output: JsonOption = False,
) -> None:
    """Screen every published parcel against all rules of a rule-pack, and write what was found as GeoParquet."""
    if out.suffix.lower() not in (".parquet", ".geoparquet"):
        raise InputError(Text("--out cần tên tệp .parquet.", "--out should name a .parquet file."), subject=out.name)
    earlier = None if before is None else read_screening(before)
    order = Order(
        url=settings().resolved_database_url,
        crs=settings().crs,
        rulebook=rulebook,
        as_of=day_of(as_of) if as_of else today_in_vietnam(),
        supposed=Facts() if suppose is None else read_facts(read_json(suppose), subject=suppose.name),
        valid_on=day_typed(valid_on),
    )
    with open_store() as database, progress() as bar:
        task = bar.add_task(said(Text("Sàng lọc thửa đất", "Screening parcels")), total=None)
        screened = screen_published(
            database,
            order,
            out,
            process_count=processes,
            on_progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
    difference = None
    if earlier is not None:
        table, about = read_screening(out)
        difference = compare_screenings(earlier[0], table, about=(earlier[1], about))
    if json_output:
        print_json(_as_json(screened, difference))
    else:
        _print(screened, difference)


def _print(screened: Screened, difference: ScreeningDifference | None) -> None:
    say(Text(f"{screened.parcel_count} thửa đất.", f"{screened.parcel_count} parcels."))
    for verdict in Verdict:
        if count := screened.verdict_counts.get(verdict):
            results.print(f"{count:>9}  {said(VERDICT_TEXTS[verdict])}", markup=False)
    if difference is None:
        return
    for name, (old, new) in difference.causes.items():
        results.print(f"{name}: {old} → {new}", markup=False)
    counts = (len(difference.added), len(difference.removed), difference.changed_parcel_count)
    results.print(
        said(
            Text(
                f"Thêm {counts[0]} thửa, bỏ {counts[1]}, đổi {counts[2]}.",
                f"{counts[0]} parcels added, {counts[1]} removed, {counts[2]} changed.",
            )
        ),
        markup=False,
    )
    if difference.changed.empty:
        return
    for column, count in difference.changed["column"].value_counts().items():
        results.print(f"{count:>9}  {column}", markup=False)
    table = plain_table(_HEADS)
    verdicts_first = difference.changed.sort_values("column", key=lambda names: names != "verdict", kind="stable")
    for row in verdicts_first.head(_SHOWN_COUNT).itertuples(index=False):
        table.add_row(*(escape(str(cell)) for cell in row))
    results.print(table)


def _as_json(screened: Screened, difference: ScreeningDifference | None) -> dict[str, object]:
    answer: dict[str, object] = {
        "parcel_count": screened.parcel_count,
        "verdict_counts": {verdict.value: count for verdict, count in screened.verdict_counts.items()},
    }
    if difference is not None:
        answer["difference"] = {
            "added": list(difference.added),
            "removed": list(difference.removed),
            "changed": difference.changed.to_dict("records"),
            "causes": {name: list(pair) for name, pair in difference.causes.items()},
        }
    return answer
