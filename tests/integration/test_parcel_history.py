"""The register of parcel events in both stores, and the commands that fill and ask it."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from permits.history_service import history_named, import_register
from permits.parcels import parse_parcel_key
from spatial.db import Database
from spatial.errors import InputError

REGISTER = """Ngày,Loại,Thửa cũ,Thửa mới,Văn bản
2019-05-02,tách,1-1-12 (100),1-1-120 (55); 1-1-121 (45),QĐ 1
2021-01-04,hợp,1-1-121; 1-1-122,1-1-130,
2022-01-04,hợp,1-1-5,1-1-6,
"""


def take_in(database: Database, path: Path, text: str) -> tuple[int, int]:
    path.write_text(text, encoding="utf-8")
    moment = datetime(2026, 11, 21, tzinfo=UTC)
    taken = import_register(database, path, imported_at=moment, imported_by="test", today=date(2026, 11, 21))
    return taken.event_count, taken.quarantined_count


def test_both_stores_say_what_became_of_a_parcel_and_what_one_came_from(database: Database, tmp_path: Path) -> None:
    assert take_in(database, tmp_path / "h.csv", REGISTER) == (2, 1)
    with database.transaction() as session:
        gone = history_named(session, parse_parcel_key("1-1-12"))
        today = history_named(session, parse_parcel_key("1-1-130"))
        unknown = history_named(session, parse_parcel_key("1-1-6"))
    assert gone.successors == ("1-1-120", "1-1-130")
    assert [event.document for event in gone.after] == ["QĐ 1", None]
    assert gone.after[0].children[0].area_m2 == 55.0
    assert set(today.origins) == {"1-1-12", "1-1-122"}
    assert not unknown.is_recorded


def test_a_new_register_takes_the_place_of_the_old_and_a_bad_file_changes_nothing(
    database: Database, tmp_path: Path
) -> None:
    take_in(database, tmp_path / "h.csv", REGISTER)
    with pytest.raises(InputError, match="No column can be used"):
        take_in(database, tmp_path / "bad.csv", "a,b\n1,2\n")
    with database.transaction() as session:
        assert history_named(session, parse_parcel_key("1-1-12")).is_recorded
    take_in(database, tmp_path / "new.csv", "date,kind,parents,children\n2020-01-01,renumber,1-1-1,1-1-2\n")
    with database.transaction() as session:
        assert not history_named(session, parse_parcel_key("1-1-12")).is_recorded


def test_the_commands_import_a_register_and_tell_a_history(tmp_path: Path, typed: Callable[..., Any]) -> None:
    path = tmp_path / "h.csv"
    path.write_text(REGISTER, encoding="utf-8")
    taken = typed("permits", "import-history", path, "--report", tmp_path / "issues.csv")
    assert taken.exit_code == 0, taken.stderr
    assert "2 events taken in, 1 rows set aside." in taken.stdout
    assert "h.csv, row 4" in taken.stderr
    assert "event_counts" in (tmp_path / "issues.csv").read_text(encoding="utf-8-sig")
    told = typed("permits", "history", "1-1-12", language="vi")
    assert "Ngày 02/05/2019: thửa 1-1-12 tách thành 1-1-120, 1-1-121 (QĐ 1)." in told.stdout
    assert json.loads(typed("permits", "history", "1-1-12", "--json").stdout)["ended_on"] == "2019-05-02"
    nothing = typed("permits", "history", "1-1-6")
    assert (nothing.exit_code, nothing.stdout) == (2, "")
