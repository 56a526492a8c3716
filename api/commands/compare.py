"""``diaban compare``: rounds of one problem under several policies, side by side."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from allocation.compare import Comparison, as_data, compare_directories
from allocation.compare_report import ROWS, read_places, render_comparison
from allocation.model import NearBy
from allocation.report import number_text, percent_text
from allocation.seat_prices import SeatGain, most_wanted, solve_with_one_more
from api.commands.options import JsonOption
from api.console import Head, plain_table, print_json, results, said, say, telling
from api.settings import settings
from spatial.errors import InputError
from spatial.files import whole_file
from spatial.text import Text

DirectoriesArgument = Annotated[list[Path], typer.Argument(help="Directories that `allocate` wrote.")]
PageOption = Annotated[Path | None, typer.Option(help="HTML file for the page with pictures and a map.")]
OfficeOption = Annotated[
    bool, typer.Option("--office", help="Show parts of a few children on the page; not to be published.")
]
SeatsOption = Annotated[int, typer.Option(min=0, help="Solve again with one more seat in the N most wanted schools.")]

_SHORT = {
    NearBy.WALKING: Text("đi bộ", "walking"),
    NearBy.RIDING: Text("xe chạy", "riding"),
    NearBy.STRAIGHT_LINE: Text("chim bay", "straight line"),
}
_DIFFERENT_MEASURES = Text(
    "CHÚ Ý: các đợt đo quãng đường khác nhau. Đừng so mét với mét; so số em có chỗ và số em học trường khác.",
    "NOTE: the rounds measure ways differently. Do not set metres against metres; compare who is placed, and where.",
)


def compare(
    directories: DirectoriesArgument,
    *,
    out: PageOption = None,
    office: OfficeOption = False,
    seats: SeatsOption = 0,
    as_json: JsonOption = False,
) -> None:
    """Set rounds of one problem side by side: how many, how far, whose claim, which school how full."""
    with telling() as tell:
        tell(Text("Kiểm chứng và đọc các đợt", "Verifying and reading the rounds"))
        comparison = compare_directories(directories)
        _say_if_measured_differently(comparison, seats=seats)
        gains = []
        for one in comparison.rounds if seats else ():
            tell(Text(f"Xếp lại với thêm một chỗ: {one.name}", f"Placing again with one more seat: {one.name}"))
            pools = most_wanted(comparison.problem, seats)
            gains.append(solve_with_one_more(comparison.problem, one.policy, pools))
        if out is not None:
            tell(Text("Viết trang", "Writing the page"))
            page = render_comparison(
                comparison,
                gains=gains,
                places=read_places(directories[0]),
                crs=comparison.crs,
                is_for_office=office,
            )
            with whole_file(out) as temporary:
                temporary.write_bytes(page.encode())
    if as_json:
        told = [{"name": one.name, "gains": [asdict(gain) for gain in of_round]}
                for one, of_round in zip(comparison.rounds, gains, strict=False)]  # fmt: skip
        print_json({**as_data(comparison), "one_more_seat": told})
        return
    _show(comparison, gains)
    if out is not None:
        say(Text(f"Trang so sánh: {out}.", f"The comparison: {out}."))


def _say_if_measured_differently(comparison: Comparison, *, seats: int) -> None:
    """Say loudly that the rounds measure ways differently; what one more seat saves in metres is refused then."""
    if comparison.has_one_measure:
        return
    say(_DIFFERENT_MEASURES)
    if seats:
        raise InputError(
            Text(
                "--seats cần các đợt chung một cách đo: mét tiết kiệm được theo hai thước đo không so được.",
                "--seats needs rounds with one measure: metres saved under two measures do not compare.",
            ),
            hint=Text(
                "Bỏ --seats, hoặc so các đợt cùng cách đo.", "Leave --seats out, or compare rounds measured alike."
            ),
            subject="--seats",
        )


def _show(comparison: Comparison, gains: list[list[SeatGain]]) -> None:
    language = settings().language
    columns = [Head(text=Text(one.name, one.name), is_number=True) for one in comparison.rounds]
    table = plain_table([Head(text=Text("số liệu", "figure"), folds=True), *columns])
    if not comparison.has_one_measure:
        measures = (
            _SHORT[one.measured_by].in_language(language) if one.measured_by else "–" for one in comparison.rounds
        )
        table.add_row(said(Text("mét đo theo", "metres measured by")), *measures)
    for name, words, kind in ROWS:
        tell = percent_text if kind == "percent" else number_text
        cells = (tell(getattr(one.whole, name)).in_language(language) for one in comparison.rounds)
        table.add_row(said(words), *cells)
    own = Text("khiếu nại có cơ sở (theo quy tắc)", "justified envy (own order)")
    common = Text("khiếu nại có cơ sở (diện, mét)", "justified envy (tier, metres)")
    table.add_row(said(own), *(str(one.justified_envy_pairs) for one in comparison.rounds))
    if comparison.has_one_measure:
        table.add_row(said(common), *(str(one.claims_by_tier_and_distance) for one in comparison.rounds))
    others = Text("kết quả khác đợt đầu", "answer differs from first")
    table.add_row(said(others), *(str(one.elsewhere_count) for one in comparison.rounds))
    results.print(table)
    for place in range(len(gains[0]) if gains else 0):
        school = f"{gains[0][place].school_code} {gains[0][place].level}".strip()
        told = ", ".join(
            f"{one.name}: {'+1, ' if of_round[place].more_placed else ''}{number_text(of_round[place].saved_m).vi} m"
            for one, of_round in zip(comparison.rounds, gains, strict=True)
        )
        results.print(
            said(Text(f"Thêm một chỗ ở {school}: {told}", f"One more seat in {school}: {told}")), markup=False
        )
