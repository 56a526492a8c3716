"""``diaban permits find`` as typed: one parcel by any name, a polygon, and a whole table of an office."""

import csv
import json
import stat
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely
import xlsxwriter
from python_calamine import CalamineWorkbook

from basemap import store
from basemap.model import LAYERS, LayerName
from permits.lookup_batch import RESULT_COLUMNS
from spatial.crs import HCMC
from spatial.db import Database

MOMENT = datetime(2026, 11, 21, tzinfo=UTC)
X_M, Y_M = 603_000.0, 1_192_000.0
Run = Callable[..., Any]


@pytest.fixture
def diaban(embedded_database: Database, typed: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run ``diaban permits find`` on three parcels, two of one number."""
    records = []
    for position, key in enumerate(("26740-10-16", "26740-10-16~2", "26734-10-17")):
        ward_code, map_sheet, parcel_no = key.partition("~")[0].split("-")
        shape = shapely.box(X_M + 100 * position, Y_M, X_M + 100 * position + 20, Y_M + 20)
        records.append(
            dict.fromkeys(LAYERS[LayerName.PARCEL].attribute_names)
            | {"feature_id": key, "ward_code": ward_code, "map_sheet": map_sheet, "parcel_no": parcel_no}
            | {"registered_area_m2": 399.0, "land_use_code": "ODT 300; CLN 99", "address": "=1+1"}
            | {"national_parcel_id": f"w3gv7cp47ee{position}", "geometry": shapely.MultiPolygon([shape])}
        )
    frame = gpd.GeoDataFrame(records, crs=HCMC)
    provenance = store.Provenance(
        imported_at=MOMENT,
        imported_by="test",
        source_file="generated",
        source_sha256="0" * 64,
        source_crs=HCMC,
        quarantined_count=0,
    )
    with embedded_database.transaction() as session:
        version = store.add_version(session, LayerName.PARCEL, frame, provenance=provenance)
        store.publish(session, version.version_id, published_at=MOMENT)
    monkeypatch.setenv("DIABAN_DATABASE_URL", embedded_database.url)
    return partial(typed, "permits", "find")


def keys(ended: Any) -> list[str]:  # noqa: ANN401  what the command printed
    assert ended.exit_code == 0, ended.stderr
    return [parcel["key"] for parcel in json.loads(ended.stdout)]


def test_one_parcel_is_found_by_each_of_its_names(diaban: Run) -> None:
    for words in (
        ("--key", "26734-10-17"),
        ("--key", "26734" + "010" + "0017"),
        ("--id", "w3gv7cp47ee2"),
        ("--ward", "Tân Định", "--sheet", "010", "--number", "17"),
        ("--x", X_M + 205, "--y", Y_M + 5),
        ("--x", Y_M + 5, "--y", X_M + 205),
        ("--x", X_M + 205, "--y", Y_M + 5, "--crs", "EPSG:9210"),
    ):
        assert keys(diaban(*words, "--json")) == ["26734-10-17"]
    assert keys(diaban("--key", "26740-10-16", "--json")) == ["26740-10-16", "26740-10-16~2"]
    turned = diaban("--x", Y_M + 5, "--y", X_M + 205)
    assert "northing first" in turned.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "exactly one way"),
        (("--key", "26734-10-17", "--id", "w3gv7cp47ee2"), "exactly one way"),
        (("--x", "1"), "needs two numbers"),
        (("--lon", "2.35", "--lat", "48.85"), "outside Vietnam"),
        (("--lon", "105.85", "--lat", "21.03"), "outside the city"),
        (("--x", X_M + 50, "--y", Y_M + 5), "No published parcel contains this point"),
        (("--ward", "26737", "--sheet", "10", "--number", "17"), "Perhaps: 26734-10-17."),
        (("--ward", "26740", "--sheet", "10", "--number", "17"), "It stands in: Phường Tân Định"),
        (("--sheet", "mười", "--number", "17"), "needs a digit"),
        (("--batch", "none.xlsx"), "--out is missing"),
        (("--batch", "none.xlsx", "--out", "a.pdf"), "must be .xlsx or .csv"),
        (("--batch", "none.xlsx", "--out", "a.csv"), "no such file"),
    ],
)
def test_each_question_that_has_no_answer_ends_with_one_line(diaban: Run, words: Sequence[object], said: str) -> None:
    ended = diaban(*words)
    assert (ended.exit_code, ended.stdout) == (2, "")
    assert said in ended.stderr.replace("\n", " ")


def test_a_polygon_lists_parcels_with_their_shares(diaban: Run, tmp_path: Path) -> None:
    ring = [[X_M, Y_M], [X_M + 110, Y_M], [X_M + 110, Y_M + 20], [X_M, Y_M + 20], [X_M, Y_M]]
    path = tmp_path / "area.geojson"
    path.write_text(json.dumps({"type": "Polygon", "coordinates": [ring]}), encoding="utf-8")
    ended = diaban("--polygon", path, "--json")
    assert ended.exit_code == 0, ended.stderr
    answer = json.loads(ended.stdout)
    assert [(one["key"], one["share_ratio"]) for one in answer["parcels"]] == [
        ("26740-10-16", 1.0),
        ("26740-10-16~2", 0.5),
    ]
    assert "50.0 %" in diaban("--polygon", path).stdout


QUESTIONS = (
    ("Chủ hồ sơ", "Phường/xã cũ", "Tờ", "Thửa", "Mã định danh", "X", "Y", "Địa chỉ"),
    ("=HYPERLINK(1)", "26734", "010", "0017", "", "", "", ""),
    ("b", "26740", "10", "16", "", "", "", ""),
    ("c", "26740", "10", "17", "", "", "", ""),
    ("d", "", "mười", "17", "", "", "", ""),
    ("e", "", "", "", "w3gv7cp47ee0", "", "", ""),
    ("f", "", "", "", "", "1192005", "603205", ""),
    ("g", "", "", "", "", "abc", "603205", ""),
    ("h", "", "", "", "", "", "", ""),
    ("i", "", "10", "", "", "", "", ""),
    ("k", "", "", "", "", "", "", "1 Lê Lợi"),
)
EXPECTED = [
    ("found", "26734-10-17", ""),
    ("several", "", "26740-10-16~1; 26740-10-16~2"),
    ("not_found", "", "26734-10-17"),
    ("bad_row", "", ""),
    ("found", "26740-10-16", ""),
    ("found", "26734-10-17", ""),
    ("bad_row", "", ""),
    ("bad_row", "", ""),
    ("bad_row", "", ""),
    ("not_checked", "", ""),
]


def written(path: Path, suffix: str) -> Path:
    target = path / f"questions{suffix}"
    if suffix == ".csv":
        with target.open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows(QUESTIONS)
        return target
    with xlsxwriter.Workbook(target) as book:
        page = book.add_worksheet()
        for number, cells in enumerate(QUESTIONS):
            for column, cell in enumerate(cells):
                page.write_string(number, column, cell)
    return target


def rows_of(path: Path) -> list[list[str]]:
    if path.suffix == ".csv":
        with path.open(encoding="utf-8-sig", newline="") as stream:
            return list(csv.reader(stream))
    return [[str(cell) for cell in row] for row in CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()]


@pytest.mark.parametrize(("suffix", "out_suffix"), [(".csv", ".xlsx"), (".xlsx", ".csv")])
def test_a_table_is_answered_row_by_row_and_nothing_in_it_runs(
    diaban: Run, tmp_path: Path, suffix: str, out_suffix: str
) -> None:
    out = tmp_path / f"answers{out_suffix}"
    ended = diaban("--batch", written(tmp_path, suffix), "--out", out)
    assert ended.exit_code == 0, ended.stderr
    assert "10 rows: found 30.0 % (3); several 10.0 % (1); not found 10.0 % (1); bad row 40.0 % (4);" in ended.stdout
    assert "not checked 10.0 % (1)." in ended.stdout
    header, *rows = rows_of(out)
    assert tuple(header) == (*QUESTIONS[0], *RESULT_COLUMNS)
    at = {name: position for position, name in enumerate(header)}
    told = ("parcel_status", "parcel_key_found", "parcel_candidates")
    assert [tuple(row[at[name]] for name in told) for row in rows] == EXPECTED
    assert [row[: len(QUESTIONS[0])][1:] for row in rows] == [list(cells[1:]) for cells in QUESTIONS[1:]]
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "@"))]
    assert all(
        row[at["parcel_reason_text"]]
        for row in rows
        if row[at["parcel_status"]] in {"not_found", "bad_row", "not_checked"}
    )
    assert stat.S_IMODE(out.stat().st_mode) == 0o600


def test_a_table_that_asks_nothing_names_its_columns_and_writes_nothing(diaban: Run, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("tên,tuổi\nA,1\n", encoding="utf-8")
    ended = diaban("--batch", path, "--out", tmp_path / "out.csv")
    assert ended.exit_code == 2
    assert "No column can be used. The columns: tên, tuổi." in ended.stderr
    assert not (tmp_path / "out.csv").exists()
    path.write_text("tờ,số tờ,thửa\n1,1,1\n", encoding="utf-8")
    assert "the same thing" in diaban("--batch", path, "--out", tmp_path / "out.csv").stderr
