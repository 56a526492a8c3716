"""``diaban basemap convert-ward``, as typed: by name, by district, by a point."""

import json
import sys
from pathlib import Path

import geopandas as gpd
import pyogrio
import pytest
import shapely

from api import cli
from api.settings import settings

HCMC = "Thành phố Hồ Chí Minh"
TABLE = f"""districtCode,wardCode,province,district,ward,newProvince,newWard,newWardCode
760,26743,{HCMC},Quận 1,Phường Bến Thành,{HCMC},Phường Bến Thành,26743
761,26773,{HCMC},Quận 12,Phường Tân Quý,{HCMC},Phường Đông,26770
761,26773,{HCMC},Quận 12,Phường Tân Quý,{HCMC},Phường Tây,26773
778,27475,{HCMC},Quận 7,Phường Tân Quy,{HCMC},Phường Tân Thuận,27478
"""


def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *words: object) -> tuple[int, str, str]:
    monkeypatch.setattr(sys, "argv", ["diaban", "basemap", *(str(word) for word in words)])
    settings.cache_clear()
    capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        cli.main()
    said = capsys.readouterr()
    settings.cache_clear()
    return int(ended.value.code or 0), said.out, said.err


def test_a_name_a_district_and_a_point_lead_to_the_new_ward(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIABAN_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("DIABAN_LANGUAGE", "en")
    monkeypatch.delenv("DIABAN_DATABASE_URL", raising=False)
    table = tmp_path / "units.csv"
    table.write_text(TABLE, encoding="utf-8")
    wards = gpd.GeoDataFrame(
        {"ward_code": ["26770", "26773"], "name": ["Phường Đông", "Phường Tây"]},
        geometry=[shapely.box(106.70, 10.70, 106.80, 10.80), shapely.box(106.60, 10.70, 106.70, 10.80)],
        crs="EPSG:4326",
    )
    pyogrio.write_dataframe(wards, tmp_path / "wards.gpkg")

    def converted(*words: object) -> list[dict[str, object]]:
        code, out, err = run(capsys, monkeypatch, "convert-ward", *words, "--table", table, "--json")
        assert code == 0, err
        answers: list[dict[str, object]] = json.loads(out)
        return answers

    def names(answers: list[dict[str, object]]) -> list[str | None]:
        return [None if one["answer"] is None else dict(one["answer"])["name"] for one in answers]  # type: ignore[call-overload]

    assert names(converted("ben thanh")) == ["Phường Bến Thành"]
    assert names(converted("26743")) == ["Phường Bến Thành"]
    assert names(converted("Tân Quý")) == [None, "Phường Tân Thuận"]
    assert names(converted("tan quy", "--district", "quận 7")) == ["Phường Tân Thuận"]
    assert run(capsys, monkeypatch, "import", "ward", tmp_path / "wards.gpkg", "--publish")[0] == 0
    for longitude, name in ((106.75, "Phường Đông"), (106.65, "Phường Tây"), (107.5, None)):
        place = ("--lon", longitude, "--lat", 10.75)
        assert names(converted("tân quý", "--district", "12", *place)) == [name]
    # The old ward as a polygon: three quarters of it lie in the west.
    old = wards.iloc[[1]].assign(ward_code="26773", name="Phường Tân Quý")
    old = old.set_geometry([shapely.box(106.67, 10.70, 106.71, 10.80)], crs=wards.crs)
    pyogrio.write_dataframe(old, tmp_path / "old.gpkg")
    assert run(capsys, monkeypatch, "convert-ward", "--lon", 106.7, "--lat", 10.75, "--table", table)[0] == 1
    words = ("import", "ward", tmp_path / "old.gpkg", "--publish", "--valid-to", "2025-06-30")
    assert run(capsys, monkeypatch, *words)[0] == 0
    (divided,) = converted("tân quý", "--district", "12")
    assert divided["answer"] is None
    assert divided["share_ratios"] == {"26770": pytest.approx(0.25, abs=0.001), "26773": pytest.approx(0.75, abs=0.001)}
    assert names(converted("--lon", 106.705, "--lat", 10.75)) == ["Phường Đông"], "the point alone names the old ward"
    (elsewhere,) = converted("tân quý", "--district", "12", "--lon", 106.75, "--lat", 10.75)
    assert names([elsewhere]) == ["Phường Đông"]
    assert "outside the old unit as it was drawn" in str(elsewhere["reason"])
    shown = run(capsys, monkeypatch, "convert-ward", "tan quy", "--table", table)
    assert "75.0%" in shown[1]
    assert "add --district" in shown[2]
    for words in (
        (),
        ("Atlantis",),
        ("--lon", "106.5", "--lat", "10"),
        ("tan quy", "--lon", "106.7"),
        ("tan quy", "--lon", "nan", "--lat", "10"),
    ):
        code, out, err = run(capsys, monkeypatch, "convert-ward", *words, "--table", table)
        assert (code, out, len(err.strip().splitlines())) == (2, "", 1), err
