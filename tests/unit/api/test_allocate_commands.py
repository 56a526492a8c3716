"""The commands allocate, verify and explain, as a person types them."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from click.testing import Result
from typer.testing import CliRunner

from allocation.model import NEAR_BY_LABELS, NearBy
from allocation.personal_id import Sex, make_personal_id
from api.cli import app, exit_code_of
from spatial.errors import DiabanError, InfeasibleError, InputError, NotFoundError, VerificationError

Type = Callable[..., Result]

# Costs of the worked example of Munkres' algorithm (R. A. Pilgrim, Murray State University): least total 10.
PILGRIM = {"a": (1, 2, 3), "b": (2, 4, 6), "c": (3, 6, 9)}


def child(serial: int) -> str:
    return make_personal_id(province_code="079", sex=Sex.MALE, birth_year=2020, serial=serial)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The files of the example: applicants, schools and distances."""
    (tmp_path / "applicants.csv").write_text("applicant_no\na\nb\nc\n")
    (tmp_path / "schools.csv").write_text("school_code,capacity\nX,1\nY,1\nZ,1\n")
    rows = [f"{name},{code},{far}" for name, ways in PILGRIM.items() for code, far in zip("XYZ", ways, strict=True)]
    (tmp_path / "distances.csv").write_text("\n".join(["applicant_no,school_code,distance_m", *rows]) + "\n")
    return tmp_path


@pytest.fixture
def allocate(folder: Path) -> Type:
    def run(*words: str, distances: bool = True) -> Result:
        files = [f"--{name}={folder / name}.csv" for name in ("applicants", "schools")]
        if distances:
            files.append(f"--distances={folder / 'distances.csv'}")
        return CliRunner().invoke(app, ["allocate", *files, "--out", str(folder / "out"), *words])

    return run


def refusal(done: Result, kind: type[DiabanError]) -> str:
    assert isinstance(done.exception, kind), done.exception
    return done.exception.sentence("en")


def test_distances_alone_give_the_published_total(allocate: Type) -> None:
    done = allocate("--any-id", "--json")
    summary = json.loads(done.stdout)
    assert (summary["placed"], summary["total_distance_m"], summary["verified"]) == (3, 10, True)


def test_a_table_for_people_goes_to_stdout_and_the_rest_to_stderr(allocate: Type) -> None:
    done = allocate("--any-id")
    assert "33.3%" in done.stdout
    assert "33.3%" not in done.stderr
    assert "10 m" in done.stderr


def test_any_order_of_rows_gives_the_same_bytes(allocate: Type, folder: Path) -> None:
    def written() -> dict[str, bytes]:
        assert allocate("--any-id").exit_code == 0
        out = folder / "out"
        return {str(path.relative_to(out)): path.read_bytes() for path in out.rglob("*") if path.is_file()}

    before = written()
    for name in ("applicants", "schools", "distances"):
        header, *rows = (folder / f"{name}.csv").read_text().splitlines()
        (folder / f"{name}.csv").write_text("\n".join([header, *reversed(rows)]) + "\n")
    assert written() == before


def test_verify_says_what_it_checked(allocate: Type, folder: Path) -> None:
    allocate("--any-id")
    done = CliRunner().invoke(app, ["verify", str(folder / "out")])
    assert done.exit_code == 0
    claims = json.loads(CliRunner().invoke(app, ["verify", "--json", str(folder / "out")]).stdout)["claims"]
    assert done.stdout.count("✓") == len(claims) >= 13


def test_one_offer_changed_by_hand_ends_the_command_with_4_and_is_named(allocate: Type, folder: Path) -> None:
    allocate("--any-id")
    offers = folder / "out" / "offers.csv"
    offers.write_text(offers.read_text().replace("c,X,3", "c,Y,6"))
    command = [sys.executable, "-m", "api.cli", "verify", str(folder / "out")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 4
    assert "Y" in done.stderr
    as_json = CliRunner().invoke(app, ["verify", "--json", str(folder / "out")])
    assert json.loads(as_json.stdout)["verified"] is False
    assert isinstance(as_json.exception, VerificationError)


def test_explain_tells_people_and_programs(allocate: Type, folder: Path) -> None:
    allocate("--any-id")
    done = CliRunner().invoke(app, ["explain", str(folder / "out"), "a"])
    assert "a: Z" in done.stdout
    told = json.loads(CliRunner().invoke(app, ["explain", "--json", str(folder / "out"), "a"]).stdout)
    assert [nearer["school_code"] for nearer in told["nearer"]] == ["X", "Y"]
    refusal(CliRunner().invoke(app, ["explain", str(folder / "out"), "nobody"]), NotFoundError)


def test_bad_rows_stand_in_issues_and_ids_are_never_in_the_clear_on_stderr(allocate: Type, folder: Path) -> None:
    lines = ["applicant_no,level,date_of_birth", f"{child(1)},grade_1,2019-01-01", f"{child(2)},grade_1,2020-01-01"]
    (folder / "applicants.csv").write_text("\n".join(lines) + "\n")
    (folder / "schools.csv").write_text("school_code,level,capacity\nX,grade_1,1\n")
    (folder / "distances.csv").write_text(f"applicant_no,school_code,distance_m\n{child(2)},X,5\n{child(1)},X,4\n")
    done = allocate()
    assert done.exit_code == 0
    assert child(1) not in done.stderr
    assert "079220••••01" in done.stderr
    issues = pd.read_csv(folder / "out" / "issues.csv")
    assert issues[["code", "file", "row"]].to_numpy().tolist() == [["personal_id_birth_year", "applicants.csv", 2]]
    assert child(1) not in (folder / "out" / "issues.csv").read_text()
    assert json.loads((folder / "out" / "summary.json").read_text())["set_aside"] == 1


def test_a_round_in_which_no_applicant_can_be_used_is_written_and_ends_as_bad_input(
    allocate: Type, folder: Path
) -> None:
    (folder / "schools.csv").write_text("school_code,level,capacity\nX,grade_1,1\n")
    (folder / "applicants.csv").write_text(f"applicant_no,level\n{child(1)[1:]},grade_1\n")
    assert "No applicant" in refusal(allocate(), InputError)
    assert "personal_id_length" in (folder / "out" / "issues.csv").read_text()


def test_a_round_of_nobody_does_not_replace_an_earlier_one(allocate: Type, folder: Path) -> None:
    assert allocate("--any-id").exit_code == 0
    before = {path: path.read_bytes() for path in (folder / "out").rglob("*") if path.is_file()}
    (folder / "applicants.csv").write_text(f"applicant_no,level\n{child(1)[1:]},grade_1\n")
    done = allocate()
    assert "stays as it was" in refusal(done, InputError)
    assert "12" in done.stderr
    assert before == {path: path.read_bytes() for path in (folder / "out").rglob("*") if path.is_file()}


@pytest.mark.parametrize("option", ["--preferences", "--priorities"])
def test_a_file_that_the_policy_would_ignore_is_refused(allocate: Type, folder: Path, option: str) -> None:
    said = refusal(allocate("--any-id", f"{option}={folder / 'distances.csv'}"), InputError)
    assert option in said
    assert not (folder / "out").exists()


def test_neither_distances_nor_streets_is_refused(allocate: Type) -> None:
    assert "--network" in refusal(allocate("--any-id", distances=False), InputError)


def test_a_missing_file_and_an_unknown_policy_are_bad_input(allocate: Type, folder: Path) -> None:
    (folder / "distances.csv").unlink()
    assert "distances.csv" in refusal(allocate("--any-id"), InputError)
    assert "least-travel" in refusal(allocate("--any-id", "--policy=fairest"), InputError)


def test_a_policy_that_demands_what_cannot_be_ends_with_3(allocate: Type, folder: Path) -> None:
    policy = folder / "all.yaml"
    policy.write_text(
        "{name: all, version: '1', title: {vi: a, en: b}, everybody_must_be_placed: true, "
        "stages: [{kind: least_travel}]}"
    )
    (folder / "schools.csv").write_text("school_code,capacity\nX,1\nY,1\nZ,0\n")
    done = allocate("--any-id", f"--policy={policy}")
    refusal(done, InfeasibleError)
    assert isinstance(done.exception, DiabanError)
    assert exit_code_of(done.exception) == 3


def test_ways_are_measured_along_the_streets_of_a_file(allocate: Type, folder: Path) -> None:
    # One street goes round three sides of a square of 300 m: 900 m between points 300 m apart.
    east_m, north_m = 603_000.0, 1_190_000.0
    corners = [(0, 0), (0, 300), (300, 300), (300, 0)]
    street = shapely.LineString([(east_m + x, north_m + y) for x, y in corners])
    frame = gpd.GeoDataFrame({"name": ["vòng"]}, geometry=[street], crs="EPSG:9210")
    frame.to_file(folder / "streets.gpkg", driver="GPKG", engine="pyogrio", layer="street")
    (folder / "applicants.csv").write_text(f"applicant_no,x,y\na,{east_m},{north_m}\n")
    (folder / "schools.csv").write_text(f"school_code,capacity,x,y\nX,1,{east_m + 300},{north_m}\n")
    done = allocate("--any-id", f"--network={folder / 'streets.gpkg'}", distances=False)
    assert done.exit_code == 0, done.exception
    assert "a,X,900,1,nearest_school" in (folder / "out" / "offers.csv").read_text()
    assert "<iframe" in (folder / "out" / "report.html").read_text()
    assert json.loads((folder / "out" / "summary.json").read_text())["measured_by"] == "walking"


RIDES = 'name: rides\nversion: "1"\ntitle: {vi: a, en: a}\nnear_by: riding\nstages: [{kind: least_travel}]\n'
LINES = RIDES.replace("rides", "lines").replace("riding", "straight_line")


@pytest.fixture
def square(folder: Path) -> Path:
    """A home and a school 300 m apart; a path of 300 m between them, and a one-way street of 900 m round it.

    The street may be ridden from the home to the school only.
    """
    east_m, north_m = 603_000.0, 1_190_000.0
    around = [(0, 0), (0, 300), (300, 300), (300, 0)]
    lines = [
        shapely.LineString([(east_m + x, north_m + y) for x, y in corners]) for corners in (around, [(0, 0), (300, 0)])
    ]
    frame = gpd.GeoDataFrame(
        {"street_class": ["street", "path"], "one_way": ["yes", None]}, geometry=lines, crs="EPSG:9210"
    )
    frame.to_file(folder / "streets.gpkg", driver="GPKG", engine="pyogrio", layer="street")
    (folder / "applicants.csv").write_text(f"applicant_no,x,y\na,{east_m},{north_m}\n")
    (folder / "schools.csv").write_text(f"school_code,capacity,x,y\nX,1,{east_m + 300},{north_m}\n")
    (folder / "rides.yaml").write_text(RIDES)
    (folder / "lines.yaml").write_text(LINES + "is_comparison: true\n")
    return folder


@pytest.mark.parametrize(
    ("words", "distance_m", "measured_by"),
    [
        (("--network=streets.gpkg",), 300, "walking"),
        (("--network=streets.gpkg", "--policy=rides.yaml"), 900, "riding"),
        (("--network=streets.gpkg", "--measured-by=riding"), 900, "riding"),
        (("--policy=lines.yaml",), 300, "straight_line"),
    ],
)
def test_metres_are_measured_as_the_policy_or_the_command_says(
    allocate: Type, square: Path, words: tuple[str, ...], distance_m: int, measured_by: str
) -> None:
    words = tuple(word.replace("=", f"={square}/") if "." in word else word for word in words)
    done = allocate("--any-id", *words, distances=False)
    assert done.exit_code == 0, done.exception
    out = square / "out"
    assert f"a,X,{distance_m},1,nearest_school" in (out / "offers.csv").read_text()
    assert json.loads((out / "summary.json").read_text())["measured_by"] == measured_by
    assert ("measured_otherwise" in (out / "issues.csv").read_text()) == ("--measured-by=riding" in words)
    assert NEAR_BY_LABELS[NearBy(measured_by)].vi in (out / "report.html").read_text()


def test_a_file_of_distances_that_was_measured_otherwise_than_the_policy_counts_is_a_finding(
    allocate: Type, folder: Path
) -> None:
    assert allocate("--any-id", "--measured-by=riding").exit_code == 0
    assert "measured_otherwise" in (folder / "out" / "issues.csv").read_text()
    assert allocate("--any-id").exit_code == 0
    assert json.loads((folder / "out" / "summary.json").read_text())["measured_by"] is None


def test_straight_lines_decide_nothing_but_a_comparison(allocate: Type, square: Path) -> None:
    told = refusal(allocate("--any-id", "--measured-by=straight_line", distances=False), InputError)
    assert "cross rivers" in told
    (square / "lines.yaml").write_text(LINES)
    lines = f"--policy={square / 'lines.yaml'}"
    assert "write is_comparison: true" in refusal(allocate("--any-id", lines, distances=False), InputError)
    (square / "lines.yaml").write_text(LINES + "is_comparison: true\n")
    streets = f"--network={square / 'streets.gpkg'}"
    assert "need no streets" in refusal(allocate("--any-id", lines, streets, distances=False), InputError)


SUBMITTED = """
{name: wishes, version: "1", title: {vi: a, en: b},
 stages: [{kind: deferred_acceptance, order: [given_priority], preferences: submitted}]}
"""
# Gale and Shapley, College Admissions and the Stability of Marriage (1962), example 2: (rank of the man, of the woman).
GALE_SHAPLEY = {
    "α": {"A": (1, 3), "B": (2, 3), "C": (3, 2), "D": (4, 3)},
    "β": {"A": (1, 4), "B": (4, 1), "C": (3, 3), "D": (2, 2)},
    "γ": {"A": (2, 2), "B": (1, 4), "C": (3, 4), "D": (4, 1)},
    "δ": {"A": (4, 1), "B": (2, 2), "C": (3, 1), "D": (1, 4)},
}


@pytest.fixture
def marriages(folder: Path) -> Type:
    """Run the example of 1962: preferences and priorities alone, nothing measured."""
    (folder / "applicants.csv").write_text("\n".join(["applicant_no", *GALE_SHAPLEY]) + "\n")
    (folder / "schools.csv").write_text("school_code,capacity\nA,1\nB,1\nC,1\nD,1\n")
    for place, name in enumerate(("preferences", "priorities")):
        rows = [f"{one},{code},{ranks[place]}" for one, all_ in GALE_SHAPLEY.items() for code, ranks in all_.items()]
        (folder / f"{name}.csv").write_text("\n".join(["applicant_no,school_code,rank", *rows]) + "\n")
    (folder / "wishes.yaml").write_text(SUBMITTED)

    def run(*names: str) -> Result:
        files = [f"--{name}={folder / name}.csv" for name in ("applicants", "schools", *names)]
        words = [f"--policy={folder / 'wishes.yaml'}", "--any-id", "--out", str(folder / "out"), "--json"]
        return CliRunner().invoke(app, ["allocate", *files, *words])

    return run


def test_the_one_stable_set_of_the_first_paper_is_reached_from_preferences_and_priorities_alone(
    marriages: Type, folder: Path
) -> None:
    done = marriages("preferences", "priorities")
    assert done.exit_code == 0, done.exception
    offers = pd.read_csv(folder / "out" / "offers.csv")
    assert dict(zip(offers["applicant_no"], offers["school_code"], strict=True)) == dict(
        zip("αβγδ", "CDAB", strict=True)
    )
    assert "nothing_measured" in (folder / "out" / "issues.csv").read_text()


def test_a_policy_that_waits_for_a_file_of_ranks_says_which(marriages: Type) -> None:
    assert "--priorities" in refusal(marriages("preferences"), InputError)
    assert "--preferences" in refusal(marriages("priorities", "distances"), InputError)


def test_a_seed_that_does_not_match_its_published_hash_is_refused(allocate: Type) -> None:
    # SHA-256 of "abc": FIPS 180-4, appendix of the standard's examples.
    published = "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD"
    assert allocate("--any-id", "--seed=abc", f"--seed-sha256={published}").exit_code == 0
    said = refusal(allocate("--any-id", "--seed=abcd", f"--seed-sha256={published}"), InputError)
    assert "published hash" in said
    assert "SHA-256" in refusal(allocate("--any-id", "--seed-sha256=beef"), InputError)


def test_a_child_in_two_files_or_two_levels_is_one_finding_that_names_both_places(allocate: Type, folder: Path) -> None:
    (folder / "more.csv").write_text("applicant_no\nb\nd\n")
    (folder / "applicants.csv").write_text("applicant_no,priority_tier\na,1\nb,2\nc,1\n")
    done = allocate("--any-id", f"--applicants={folder / 'more.csv'}")
    assert done.exit_code == 0, done.exception
    issues = pd.read_csv(folder / "out" / "issues.csv").query("code == 'applicant_duplicate'")
    assert issues[["file", "row"]].to_numpy().tolist() == [["applicants.csv", 3], ["more.csv", 2]]
    assert "more.csv, row 2" in issues["message_en"].iloc[0]
    assert "applicants.csv, dòng 3" in issues["message_vi"].iloc[1]


def test_compare_sets_two_policies_side_by_side_and_writes_the_page(allocate: Type, folder: Path) -> None:
    rounds = [str(folder / name) for name in ("least-travel", "deferred-acceptance")]
    for name in rounds:
        allocate("--any-id", "--policy", Path(name).name, "--out", name)
    page = folder / "comparison.html"
    done = CliRunner().invoke(app, ["compare", *rounds, "--seats", "1", "--out", str(page), "--json"])
    assert done.exit_code == 0
    told = json.loads(done.stdout)
    assert [one["policy"] for one in told["rounds"]] == ["least-travel", "deferred-acceptance"]
    assert [len(one["gains"]) for one in told["one_more_seat"]] == [1, 1]
    assert "Policies side by side" in page.read_text(encoding="utf-8")
    refused = CliRunner().invoke(app, ["compare", rounds[0]])
    assert isinstance(refused.exception, InputError)


def test_compare_says_loudly_that_measures_differ_and_weighs_no_seat_in_two_measures(
    allocate: Type, folder: Path
) -> None:
    """The same files; riding is one metre longer on every way."""
    rounds = [str(folder / name) for name in ("walked", "ridden")]
    allocate("--any-id", "--measured-by", "walking", "--out", rounds[0])
    ways = pd.read_csv(folder / "distances.csv")
    ways.assign(distance_m=ways["distance_m"] + 1).to_csv(folder / "distances.csv", index=False)
    allocate("--any-id", "--measured-by", "riding", "--out", rounds[1])
    done = CliRunner().invoke(app, ["compare", *rounds])
    assert done.exit_code == 0, done.exception
    assert "Do not set metres against metres" in done.stderr
    assert "justified envy (tier, metres)" not in done.stdout
    told = json.loads(CliRunner().invoke(app, ["compare", *rounds, "--json"]).stdout)
    assert [one["measured_by"] for one in told["rounds"]] == ["walking", "riding"]
    assert "--seats" in refusal(CliRunner().invoke(app, ["compare", *rounds, "--seats", "1"]), InputError)


def test_the_terminal_counts_the_findings_of_each_code_the_gravest_first(allocate: Type, folder: Path) -> None:
    rows = [f"x{number},grade_9,1" for number in range(12)] + ["a,grade_1,1", "b,grade_1,2.5"]
    (folder / "applicants.csv").write_text("\n".join(["applicant_no,level,priority_tier", *rows]) + "\n")
    (folder / "schools.csv").write_text("school_code,level,capacity\nX,grade_1,0\n")
    done = allocate("--any-id")
    assert done.exit_code == 0, done.exception
    counts = re.findall(r"^ +([0-9]+)  .+?  (\S+)  \(", done.stderr, re.MULTILINE)
    assert counts[0] == ("12", "level_unknown")
    issues = pd.read_csv(folder / "out" / "issues.csv")
    assert {code: int(count) for count, code in counts} == issues["code"].value_counts().to_dict()
    grave = [issues.loc[issues["code"] == code, "severity"].iloc[0] for _, code in counts]
    assert grave == sorted(grave)
