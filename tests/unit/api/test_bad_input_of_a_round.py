"""What is wrong in the files of a round, as a person types the command: one clear message in each language."""

import hashlib
import re
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from api.cli import app, exit_code_of
from spatial.errors import DiabanError

APPLICANTS = "applicant_no,level,priority_tier,together_with\na,grade_1,1,\nb,grade_1,1,\nc,grade_1,2,\n"
SCHOOLS = "school_code,level,capacity\nX,grade_1,1\nY,grade_1,2\n"
WAYS = "applicant_no,school_code,distance_m\na,X,100\na,Y,200\nb,X,150\nb,Y,120\nc,X,10\nc,Y,20\n"
HEAD = 'name: own\nversion: "1"\ntitle: {vi: a, en: a}\n'
TIERS = (
    HEAD + "tiers:\n" + "".join(f"  - {{tier: {n}, title: {{vi: a, en: a}}, when: [stated_tier]}}\n" for n in (1, 2))
)
EVERYBODY = HEAD + "everybody_must_be_placed: true\nstages: [{kind: least_travel}]"


@pytest.fixture
def typed(tmp_path: Path) -> Callable[..., tuple[int, dict[str, str], Path]]:
    """Type the command; return the exit code, what is said in each language, and the directory."""

    def typed(*words: str, **files: str) -> tuple[int, dict[str, str], Path]:
        texts = {"applicants": APPLICANTS, "schools": SCHOOLS, "distances": WAYS} | files
        command = ["allocate", "--any-id", "--out", str(tmp_path / "out"), *words]
        for name, text in texts.items():
            path = tmp_path / ("policy.yaml" if name == "policy" else f"{name}.csv")
            path.write_text(text, encoding="utf-8")
            command += [f"--{name}", str(path)]
        done = CliRunner().invoke(app, command)
        if done.exception is None:
            return 0, _findings(tmp_path / "out"), tmp_path / "out"
        assert isinstance(done.exception, DiabanError), done.exception
        told = {language: done.exception.sentence(language) for language in ("vi", "en")}
        return exit_code_of(done.exception), told, tmp_path / "out"

    return typed


def _findings(directory: Path) -> dict[str, str]:
    table = pd.read_csv(directory / "issues.csv", dtype=str, keep_default_na=False)
    rows = table.to_dict("records")
    return {
        language: "\n".join(f"{row['file']}:{row['row']} {row['value']} {row[f'message_{language}']}" for row in rows)
        for language in ("vi", "en")
    }


@pytest.mark.parametrize(
    ("files", "vi", "en"),
    [
        (
            {"schools": "school_code,level,capacity\nX,grade_1,1\nY,grade_1,1\n"},
            "3 hồ sơ, 2 chỗ; ít nhất 1 em sẽ chưa có chỗ",
            "3 applicants, 2 seats; at least 1 child stays unplaced",
        ),
        (
            {
                "applicants": APPLICANTS.replace("c,grade_1,2", "c,grade_1,9"),
                "policy": TIERS + "stages: [{kind: deferred_acceptance}]",
            },
            "applicants.csv:4 9 Quy tắc không có diện này",
            "applicants.csv:4 9 The policy has no such tier; it has: 1, 2",
        ),
        (
            {"preferences": "applicant_no,school_code,rank\na,X,1\na,Q,2\n"},
            "preferences.csv:3 Q Không có trong tệp trường",
            "preferences.csv:3 Q Not in the file of schools",
        ),
        (
            {"applicants": APPLICANTS.replace("a,grade_1,1,", "a,grade_1,1,b;c")},
            "applicants.csv:2 a Không trường nào đủ chỗ cho cả nhóm (3 × Lớp 1)",
            "applicants.csv:2 a No school has seats enough for the whole group (3 × Grade 1)",
        ),
        (
            {"priorities": "school_code,applicant_no,rank\nX,a,1\nX,a,2\nX,b,3\n"},
            "priorities.csv:2 1 ",
            "priorities.csv:2 1 One child and one school with different ranks",
        ),
        (
            {"distances": WAYS.replace("c,X,10\nc,Y,20\n", "")},
            "applicants.csv:4 c Chưa có chỗ: không có khoảng cách từ nhà em",
            "applicants.csv:4 c Unplaced: no distance from this child to any school of the level is known",
        ),
        (
            {"distances": WAYS.replace("a,X,100", "a,X,-100")},
            "distances.csv:2 '-100 Phải là số nguyên từ 0",
            "distances.csv:2 '-100 Must be a whole number from 0",
        ),
        (
            {"distances": WAYS.replace("a,X,100", "a,X,100.5")},
            "distances.csv:2 100.5 Phải là số nguyên",
            "distances.csv:2 100.5 Must be a whole number",
        ),
    ],
    ids=["seats", "tier", "preference", "group", "priorities", "distance", "negative", "fraction"],
)
def test_a_wrong_record_is_named_by_file_row_and_value_in_both_languages_and_the_rest_goes_on(
    typed: Callable[..., tuple[int, dict[str, str], Path]], files: dict[str, str], vi: str, en: str
) -> None:
    policy = () if "policy" in files else ("--policy", "deferred-acceptance")
    code, told, directory = typed(*policy, **files)
    assert code == 0
    assert vi in told["vi"]
    assert en in told["en"]
    # Whoever has no seat is listed with the reason, each child once.
    offers = pd.read_csv(directory / "offers.csv", dtype=str, keep_default_na=False)
    for number in offers.loc[offers["school_code"] == "", "applicant_no"]:
        assert len(re.findall(rf"^applicants\.csv:\d+ {number} Unplaced", told["en"], flags=re.MULTILINE)) == 1


@pytest.mark.parametrize(
    ("words", "files", "exit_code", "vi", "en"),
    [
        (
            (),
            {"policy": TIERS + "stages: [{kind: least_travel, tiers: [7]}]"},
            2,
            "diện 7",
            "names the tier 7, which no rule gives",
        ),
        (
            (),
            {"policy": HEAD + "stages: [{kind: magic}]"},
            2,
            "không có loại giai đoạn 'magic'",
            "stages.0.kind: there is no kind of stage 'magic'",
        ),
        (
            (),
            {"policy": HEAD + "stages: [{kind: least_travel, max_distance_m: {grade_1: 0}}]"},
            2,
            "phải lớn hơn 0",
            "stages.0.max_distance_m.grade_1: must be above 0 and is 0. See",
        ),
        (
            (),
            {"policy": HEAD + "stages: [{kind: least_travel}"},
            2,
            "Không phải YAML hợp lệ (dòng 4)",
            "This is no valid YAML (line 4)",
        ),
        (
            (),
            {"policy": EVERYBODY, "schools": "school_code,level,capacity\nX,grade_1,1\n"},
            3,
            "2 em không thể có",
            "2 of the children cannot have one",
        ),
        (
            ("--seed=drawn", f"--seed-sha256={hashlib.sha256(b'another').hexdigest()}"),
            {},
            2,
            "Số gieo bốc thăm không khớp mã băm đã công bố",
            "The seed does not match its published hash",
        ),
        (("--seed=drawn", "--seed-sha256=12"), {}, 2, "SHA-256", "The published hash is no SHA-256"),
        (
            ("--policy=least-travel",),
            {"preferences": "applicant_no,school_code,rank\na,X,1\n"},
            2,
            "không dùng --preferences",
            "does not use --preferences",
        ),
        (("--policy=nowhere",), {}, 2, "Không có quy tắc 'nowhere'", "There is no policy 'nowhere'"),
    ],
    ids=["tier", "stage", "cap", "yaml", "everybody", "seed", "hash", "unused", "policy"],
)
def test_a_round_that_cannot_be_run_is_refused_with_one_sentence_in_each_language_and_nothing_is_written(
    typed: Callable[..., tuple[int, dict[str, str], Path]],
    words: tuple[str, ...],
    files: dict[str, str],
    exit_code: int,
    vi: str,
    en: str,
) -> None:
    code, told, directory = typed(*words, **files)
    assert code == exit_code
    assert vi in told["vi"]
    assert en in told["en"]
    assert "Also wrong" not in told["en"]
    assert not directory.exists()


def test_a_policy_that_is_no_text_is_refused_as_such(typed: Callable[..., object], tmp_path: Path) -> None:
    typed()
    (tmp_path / "rule.yaml").write_bytes(b"\xff\xfe\x00")
    files = [
        word for name in ("applicants", "schools", "distances") for word in (f"--{name}", str(tmp_path / f"{name}.csv"))
    ]
    done = CliRunner().invoke(
        app, ["allocate", *files, "--policy", str(tmp_path / "rule.yaml"), "--out", str(tmp_path / "o")]
    )
    assert isinstance(done.exception, DiabanError)
    assert "no UTF-8 text" in done.exception.sentence("en")
