"""``diaban demo``: everything at once, on a generated city, with no server and no other machine."""

import socket
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from api.commands.serve import serve_with
from api.console import progress, results, say
from api.demo import DemoSize, DemoSummary, build_demo, demo_settings
from api.settings import settings
from basemap.demo_city import FEWEST_HOUSEHOLDS_COUNT, MOST_HOUSEHOLDS_COUNT
from spatial.errors import ConflictError
from spatial.text import Text

DEFAULT_HOUSEHOLDS_COUNT = 8000
_HOST = "127.0.0.1"


def demo(
    *,
    out: Annotated[Path, typer.Option(help="Folder of the demonstration; an earlier one is replaced.")] = Path(".demo"),
    households: Annotated[
        int, typer.Option(min=FEWEST_HOUSEHOLDS_COUNT, max=MOST_HOUSEHOLDS_COUNT, help="Size of the city.")
    ] = DEFAULT_HOUSEHOLDS_COUNT,
    seed: Annotated[int, typer.Option(help="Same seed, same city and children.")] = 1,
    no_serve: Annotated[bool, typer.Option("--no-serve", help="Build and report, do not serve.")] = False,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8000,
) -> None:
    """Make a demonstration city, run everything on it, say what came out, and serve it on this computer."""
    if not no_serve:
        _must_be_free(port)
    size = DemoSize(households=households, seed=seed)
    language = settings().language
    with progress() as bar:
        task = bar.add_task("", total=None)

        def tell(text: Text) -> None:
            bar.update(task, description=text.in_language(language), advance=1)

        summary = build_demo(out, size=size, settings=settings(), built_at=datetime.now(UTC), progress=tell)
    _show(summary, address=f"http://{_HOST}:{port}", out=out, language=language)
    if not no_serve:
        serve_with(demo_settings(out, settings()), host=_HOST, port=port)


def _must_be_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_HOST, port))
        except OSError as error:
            raise ConflictError(
                Text(f"Cổng {port} đang có chương trình khác dùng.", f"Another program listens on port {port}."),
                hint=Text("Chọn cổng khác: --port 8001.", "Choose another one: --port 8001."),
            ) from error


def _show(summary: DemoSummary, *, address: str, out: Path, language: str) -> None:
    """Print one screen: what was done, and what to open and try."""

    def word(vi: str, en: str) -> str:
        return Text(vi, en).in_language(language)

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(word("Cấp", "Level"))
    columns = (
        word("Hồ sơ", "Applicants"),
        word("Có chỗ", "Placed"),
        word("Đi bộ TB (m)", "Mean walk (m)"),
        word("Xa nhất (m)", "Farthest (m)"),
    )
    for column in columns:
        table.add_column(column, justify="right")
    for level in summary.levels:
        mean = "–" if level.mean_distance_m is None else f"{level.mean_distance_m:.0f}"
        farthest = "–" if level.max_distance_m is None else str(level.max_distance_m)
        table.add_row(level.level, str(level.applicants), str(level.placed), mean, farthest)
    features, layers = sum(summary.layer_features.values()), len(summary.layer_features)
    verdicts = ", ".join(f"{verdict} {count}" for verdict, count in sorted(summary.verdicts.items()))
    results.print(
        word(
            f"Thành phố mẫu: {summary.households} hộ, {features} đối tượng bản đồ trong {layers} lớp.",
            f"Demonstration city: {summary.households} households, {features} features in {layers} layers.",
        ),
        style="bold",
    )
    results.print(table)
    results.print(
        word(
            f"Thửa đất đã kiểm tra: {summary.parcels_checked} ({verdicts})",
            f"Plots checked: {summary.parcels_checked} ({verdicts})",
        )
    )
    results.print()
    results.print(word("Mở và thử:", "Open and try:"), style="bold")
    tries = Table(box=None, pad_edge=False, show_header=False)
    born = "/".join(reversed(summary.date_of_birth.split("-")))
    tries.add_row(word("Trang chủ", "Home"), f"{address}/")
    tries.add_row(
        word("Kết quả của một em", "A child's result"),
        f"{address}/admissions/result\n"
        + word(
            f"ID {summary.applicant_no} · sinh {born} · mã hồ sơ {summary.receipt_code}",
            f"ID {summary.applicant_no} · born {born} · receipt {summary.receipt_code}",
        ),
    )
    tries.add_row(word("Một thửa đất", "A plot"), f"{address}/parcels/{summary.parcel_key}")
    tries.add_row(word("Các đợt tuyển sinh", "The rounds"), f"{address}/rounds")
    tries.add_row(
        word("Tài khoản cán bộ", "An officer's account"),
        f"{address}/sign-in\n"
        + word(f"{summary.officer} · mật khẩu {summary.password}", f"{summary.officer} · password {summary.password}"),
    )
    tries.add_row(word("Tệp", "Files"), f"{out}/  (diaban verify {out}/rounds/2026-lop-1)")
    results.print(tries)
    results.print(word("Mọi người ở đây đều do máy tạo ra.", "Everybody here is generated."), style="dim")
    say(Text("", ""))
