"""A round under the city's own rule, from the files of a demonstration city to the family's page, and its next run."""

import html
import json
import re
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import TypeVar

import anyio
import httpx
import pandas as pd
import pytest
from typer.testing import CliRunner

from allocation.demo_applicants import make_applicants, make_capacities
from allocation.model import Level
from api import cli
from api.app import create_app
from api.i18n import LANGUAGE_COOKIE
from api.settings import settings
from basemap.demo_city import make_city, write_city

ROUND = "lop-1-2026"
T = TypeVar("T")


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The files of an office: children of two areas, fewer seats than children, streets; two runs, both published.

    Of the first run one child confirms, one declines and one stays away; then a child comes late.
    """
    folder = tmp_path_factory.mktemp("office")
    city = make_city(households=1500, seed=1)
    write_city(city, folder / "city")
    applicants = make_applicants(city, seed=1, levels=[Level.GRADE_1])
    schools = make_capacities(city, applicants, seed=1)
    middle = float(applicants["x"].median())
    for frame in (applicants, schools):
        frame["area"] = ["east" if x > middle else "west" for x in frame["x"]]
    schools["capacity"] -= 4
    late = applicants.sample(1, random_state=1)
    of_first = applicants.drop(late.index).drop(columns=["receipt_code"])
    of_first.to_csv(folder / "applicants.csv", index=False)
    late.drop(columns=["receipt_code"]).to_csv(folder / "late.csv", index=False)
    applicants[["applicant_no", "date_of_birth", "receipt_code"]].to_csv(folder / "receipts.csv", index=False)
    schools.to_csv(folder / "schools.csv", index=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DIABAN_DATA_DIR", str(folder / "data"))
        patch.setenv("DIABAN_LANGUAGE", "en")
        settings.cache_clear()
        run_both(folder)
        yield folder
    settings.cache_clear()


def diaban(*words: str) -> None:
    done = CliRunner().invoke(cli.app, list(words))
    assert done.exit_code == 0, done.exception


def run_both(folder: Path) -> None:
    first, second = str(folder / "first"), str(folder / "second")
    streets = ["--network", str(folder / "city" / "street.gpkg"), "--crs", "EPSG:9210"]
    diaban("db", "upgrade")
    files = ["--applicants", str(folder / "applicants.csv"), "--schools", str(folder / "schools.csv"), *streets]
    diaban("allocate", *files, "--policy", "hcmc-2026", "--seed", "drawn in public", "--out", first)
    diaban("verify", first)
    publish(folder, first)
    (folder / "first.json").write_text(json.dumps(answers(folder)), encoding="utf-8")
    placed = offers(first).query("school_code != ''")["applicant_no"].tolist()
    late = pd.read_csv(folder / "late.csv", dtype=str)["applicant_no"].tolist()
    changes = [(placed[0], "confirmed"), (placed[1], "declined"), (placed[2], "lapsed"), (late[0], "late")]
    rows = [f"{number},{change},,,12/6/2026" for number, change in changes]
    (folder / "changes.csv").write_text("\n".join(["applicant_no,change,school_code,reason,changed_on", *rows]) + "\n")
    diaban("allocate", "--after", first, "--changes", str(folder / "changes.csv"), "--applicants",
           str(folder / "late.csv"), *streets, "--out", second)  # fmt: skip
    diaban("verify", second, "--after", first)
    publish(folder, second)


def publish(folder: Path, directory: str) -> None:
    diaban("publish", directory, "--receipts", str(folder / "receipts.csv"), "--name", ROUND,
           "--title-vi", "Tuyển sinh lớp 1", "--title-en", "Admission to grade 1")  # fmt: skip


def offers(directory: str | Path) -> pd.DataFrame:
    return pd.read_csv(Path(directory) / "offers.csv", dtype=str, keep_default_na=False)


def answers(folder: Path, *, language: str = "vi") -> dict[str, str | None]:
    """Return the words of the page that each family finds; None where it finds nothing."""
    receipts = pd.read_csv(folder / "receipts.csv", dtype=str).to_dict("records")
    forms = {}
    for row in receipts:
        year, month, day = row["date_of_birth"].split("-")
        typed = {"applicant_no": row["applicant_no"], "receipt_code": row["receipt_code"]}
        forms[row["applicant_no"]] = {**typed, "day": day, "month": month, "year": year}

    async def ask(client: httpx.AsyncClient) -> dict[str, str | None]:
        pages = {number: await client.post("/admissions/result", data=form) for number, form in forms.items()}
        return {number: words_of(page.text) if page.status_code == 200 else None for number, page in pages.items()}

    return asked(ask, language=language)


def page(path: str, *, language: str = "vi") -> str:
    """Return the words of a page that everybody may see."""

    async def ask(client: httpx.AsyncClient) -> str:
        found = await client.get(path)
        assert found.status_code == 200, found.text
        return words_of(found.text)

    return asked(ask, language=language)


def asked(ask: Callable[[httpx.AsyncClient], Awaitable[T]], *, language: str) -> T:
    """Start the server in this process, ask it, and close it."""

    async def talk() -> T:
        app = create_app(settings(), budgets={})
        transport = httpx.ASGITransport(app)
        cookies = {LANGUAGE_COOKIE: language}
        try:
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost", cookies=cookies) as client:
                return await ask(client)
        finally:
            app.state.published.close()
            app.state.database_door.close()

    return anyio.run(talk)


def words_of(page: str) -> str:
    """Return what a person reads on a page."""
    return " ".join(html.unescape(re.sub(r"<(script|style).*?</\1>|<[^>]*>", " ", page, flags=re.DOTALL)).split())


def test_each_family_of_the_first_run_finds_its_place_by_its_receipt(office: Path) -> None:
    first = json.loads((office / "first.json").read_text(encoding="utf-8"))
    names = school_names(office)
    for offer in offers(office / "first").itertuples():
        told = first[offer.applicant_no]
        assert told is not None
        expected = f"Con được xếp vào {names[offer.school_code]}" if offer.school_code else "Con chưa có chỗ"
        assert expected in told
    assert first[late_child(office)] is None


def test_the_page_names_the_group_and_for_a_full_school_the_last_child_admitted(office: Path) -> None:
    first = json.loads((office / "first.json").read_text(encoding="utf-8"))
    table = offers(office / "first")
    turned_down = table.loc[table["reason"] == "nearer_schools_full", "applicant_no"]
    assert len(turned_down) > 0
    for number in turned_down:
        assert "Trường đã đủ" in first[number]
        assert "Em cuối cùng được nhận" in first[number] or "những em được nhận" in first[number]
    nearest = first[table.loc[table["reason"] == "nearest_school", "applicant_no"].iloc[0]]
    assert "diện ưu tiên 1 (Đối tượng 1: nơi ở hiện tại thuộc địa bàn)" in nearest
    waiting = first[table.loc[table["school_code"] == "", "applicant_no"].iloc[0]]
    assert "Vì sao chưa có chỗ ở các trường được xét" in waiting
    assert "Trong danh sách chờ của trường, con ở vị trí" in waiting


def test_after_the_next_run_the_new_answers_stand_in_the_place_of_the_old(office: Path) -> None:
    (confirmed, declined, lapsed, late) = pd.read_csv(office / "changes.csv", dtype=str)["applicant_no"]
    for language, kept in (("vi", "Gia đình đã xác nhận chỗ học này"), ("en", "Your family has confirmed this place")):
        found = answers(office, language=language)
        assert kept in (found[confirmed] or "")
        left = {
            "vi": ("Gia đình đã từ chối chỗ học tại", "đã hết hạn ngày 12/6/2026"),
            "en": ("Your family declined the place at", "lapsed on 12 June 2026"),
        }[language]
        assert left[0] in (found[declined] or "")
        assert left[1] in (found[lapsed] or "")
        assert found[late] is not None
        before = offers(office / "first").set_index("applicant_no")["school_code"]
        after = offers(office / "second").set_index("applicant_no")["school_code"]
        assert after[confirmed] == before[confirmed]
        newly = [number for number in after.index if after[number] and not before.get(number, "")]
        assert len(newly) > 0
        placed = {"vi": "Con được xếp vào", "en": "Your child has a place at"}[language]
        assert all(placed in (found[number] or "") for number in newly)


@pytest.mark.parametrize(("language", "kept"), [("vi", "Giữ chỗ lần trước"), ("en", "Kept from an earlier run")])
def test_the_page_of_the_round_names_rule_and_kept_seats_in_words_and_no_child(
    office: Path, language: str, kept: str
) -> None:
    told = page(f"/rounds/{ROUND}", language=language)
    assert {"vi": "Thành phố Hồ Chí Minh 2026–2027", "en": "Ho Chi Minh City 2026–27"}[language] in told
    assert kept in told
    assert "ưu tiên 0" not in told
    assert "group 0" not in told
    assert "drawn in public" in told
    assert not [number for number in offers(office / "second")["applicant_no"] if number in told]


def school_names(folder: Path) -> dict[str, str]:
    table = pd.read_csv(folder / "schools.csv", dtype=str)
    return dict(zip(table["school_code"], table["name"], strict=True))


def late_child(folder: Path) -> str:
    return str(pd.read_csv(folder / "late.csv", dtype=str)["applicant_no"].iloc[0])
