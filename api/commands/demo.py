"""``diaban demo``: everything at once, on a generated city, with no server and no other machine."""

import logging
import socket
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from allocation.model import LEVEL_LABELS, Level
from api.commands.serve import serve_with
from api.console import progress, results, said
from api.demo import ROUNDS, ROUNDS_FOLDER, STEP_COUNT, DemoSize, DemoSummary, build_demo, demo_settings
from api.settings import settings
from basemap.demo_city import FEWEST_HOUSEHOLDS_COUNT, MOST_HOUSEHOLDS_COUNT
from spatial.errors import ConflictError
from spatial.text import Text

DEFAULT_HOUSEHOLDS_COUNT = 20_000
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
    with progress() as bar:
        task = bar.add_task("", total=STEP_COUNT, completed=-1)

        def tell(text: Text) -> None:
            bar.update(task, description=said(text), advance=1)

        summary = build_demo(out, size=size, settings=settings(), built_at=datetime.now(UTC), progress=tell)
    _show(summary, address=f"http://{_HOST}:{port}", out=out)
    if not no_serve:
        # The screen above is what a person is to read; it must not scroll away.
        serve_with(demo_settings(out, settings()), host=_HOST, port=port, log_level=logging.WARNING)


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


def _show(summary: DemoSummary, *, address: str, out: Path) -> None:
    """Print one screen: what was done, and what to open and try."""
    features, layers = sum(summary.layer_features.values()), len(summary.layer_features)
    verdicts = ", ".join(f"{verdict} {count}" for verdict, count in sorted(summary.verdicts.items()))
    checked = summary.parcels_checked
    title = Text(
        f"Thành phố mẫu: {summary.households} hộ, {features} đối tượng bản đồ trong {layers} lớp.",
        f"Demonstration city: {summary.households} households, {features} features in {layers} layers.",
    )
    results.print(said(title), style="bold")
    results.print(_levels(summary))
    plots = Text(
        f"Thửa đất đã kiểm tra, nhà hiện có xét như xin phép hôm nay: {checked} ({verdicts})",
        f"Plots checked, the standing house as if proposed today: {checked} ({verdicts})",
    )
    results.print(said(plots))
    results.print()
    results.print(said(Text("Mở và thử:", "Open and try:")), style="bold")
    results.print(_tries(summary, address=address, out=out))
    results.print(said(Text("Mọi người ở đây đều do máy tạo ra.", "Everybody here is generated.")), style="dim")


def _levels(summary: DemoSummary) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(said(Text("Cấp", "Level")))
    for column in (
        Text("Hồ sơ", "Applicants"),
        Text("Có chỗ", "Placed"),
        Text("Đi bộ trung bình (m)", "Mean walk (m)"),
        Text("Đi bộ xa nhất (m)", "Farthest walk (m)"),
    ):
        table.add_column(said(column), justify="right")
    for level in summary.levels:
        mean = "–" if level.mean_distance_m is None else f"{level.mean_distance_m:.0f}"
        farthest = "–" if level.max_distance_m is None else str(level.max_distance_m)
        name = said(LEVEL_LABELS[Level(level.level)])
        table.add_row(name, str(level.applicants), str(level.placed), mean, farthest)
    return table


def _tries(summary: DemoSummary, *, address: str, out: Path) -> Table:
    born = "/".join(reversed(summary.date_of_birth.split("-")))
    child = Text(
        f"số định danh {summary.applicant_no} · sinh {born} · mã biên nhận {summary.receipt_code}",
        f"ID {summary.applicant_no} · born {born} · receipt {summary.receipt_code}",
    )
    officer = Text(
        f"{summary.officer} · mật khẩu {summary.password}", f"{summary.officer} · password {summary.password}"
    )
    table = Table(box=None, pad_edge=False, show_header=False)
    for label, place in (
        (Text("Trang chủ", "Home"), f"{address}/"),
        (Text("Kết quả của một em", "A child's result"), f"{address}/admissions/result\n{said(child)}"),
        (Text("Một thửa đất", "A plot"), f"{address}/parcels/{summary.parcel_key}"),
        (Text("Các đợt tuyển sinh", "The rounds"), f"{address}/rounds"),
        (Text("Tài khoản cán bộ", "An officer's account"), f"{address}/sign-in\n{said(officer)}"),
        (Text("Kiểm chứng một đợt", "Verify a round"), f"diaban verify {out / ROUNDS_FOLDER / ROUNDS[1].round_id}"),
    ):
        table.add_row(said(label), place)
    return table
