"""What a round stands on: the files that were hashed, a well-formed problem, the draw, one answer for each child."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from allocation.round_files import NONE, RoundFiles, whole_numbers
from allocation.verify_state import Checked
from spatial.text import Text

_ID_LENGTH = 12
_CERTIFICATE_FORMAT = 1
APPLICANT_COLUMNS = {
    "applicant_no",
    "level",
    "priority_tier",
    "area",
    "attended_area",
    "attended_school",
    "parent_work_area",
    "parent_work_school",
    "sibling_school",
    "home_school",
    "tags",
    "together",
    "held_school",
    "held_seat_group",
    "is_confirmed",
}
_OFFER_COLUMNS = {"applicant_no", "school_code", "distance_m", "stage", "reason"}
_SCHOOL_COLUMNS = {
    "school_code",
    "level",
    "capacity",
    "placed",
    "cut_off_tier",
    "cut_off_distance_m",
    "seat_price_m",
}


def check_hashes(state: Checked) -> Iterator[Text]:
    """Yield the hashes and names that do not fit the files."""
    files = state.files
    problem = files.problem_sha256
    for name, stated in (
        ("summary.json", files.summary.get("problem_sha256")),
        ("certificate.json", files.certificate.get("problem_sha256")),
    ):
        if stated != problem:
            yield Text(
                f"{name}: problem_sha256 là {stated}, nhưng các tệp problem/*.csv có {problem}.",
                f"{name}: problem_sha256 is {stated}, but the files problem/*.csv hash to {problem}.",
            )
    if files.summary.get("policy_sha256") != files.policy_sha256:
        yield Text("policy.json đã bị thay đổi.", "policy.json was changed.")
    if files.summary.get("policy") != files.policy["name"]:
        yield Text("Tên quy tắc không khớp policy.json.", "The name of the policy is not that of policy.json.")
    if files.summary.get("policy_version") != files.policy["version"]:
        yield Text("Phiên bản quy tắc không khớp policy.json.", "The version of the policy is not that of policy.json.")
    yield from _check_certificate(state)
    yield from _check_columns(files)


def _check_columns(files: RoundFiles) -> Iterator[Text]:
    """Yield columns that are none of the round: what they say could not be checked."""
    has_groups = bool(files.policy["seat_groups"] or files.policy["tier_quotas"])
    kept_seats = {name for name in files.schools if name.startswith("seats_")}
    for file, has, known in (
        ("problem/applicants.csv", files.applicants, APPLICANT_COLUMNS),
        ("problem/schools.csv", files.schools, {"school_code", "level", "capacity", "area"} | kept_seats),
        ("offers.csv", files.offers, _OFFER_COLUMNS | ({"seat_group"} if has_groups else set())),
        ("schools.csv", files.school_results, _SCHOOL_COLUMNS | ({"seat_group"} if has_groups else set())),
    ):
        for name in sorted({*has} - known):
            yield Text(f"{file}: không biết cột {name}.", f"{file}: the column {name} is not known.")


def _check_certificate(state: Checked) -> Iterator[Text]:
    """Yield a certificate that is not one entry for each stage and level, in this order."""
    files = state.files
    levels = sorted({*files.applicants["level"], *files.schools["level"]})
    due = [(number, rule["kind"], level) for number, rule in enumerate(state.stages, start=1) for level in levels]
    has = [(entry["stage"], entry["kind"], entry["level"]) for entry in files.certificate["levels"]]
    if has != due or files.certificate["format"] != _CERTIFICATE_FORMAT:
        yield Text(
            "certificate.json: không đúng một mục cho mỗi giai đoạn và cấp.",
            "certificate.json: not one entry for each stage and level.",
        )


def check_problem(state: Checked) -> Iterator[Text]:
    """Yield what makes the facts no problem: repeated or unsorted rows, unknown names, impossible numbers."""
    files = state.files
    numbers = files.applicants["applicant_no"]
    twice = (
        [number for number, count in Counter(numbers).items() if count > 1] if len({*numbers}) < len(numbers) else []
    )
    for number in twice:
        shown = state.shown[numbers.index(number)]
        yield Text(f"Hồ sơ {shown} có nhiều lần.", f"Applicant {shown} is there more than once.")
    for (code, level), count in Counter(zip(files.schools["school_code"], files.schools["level"], strict=True)).items():
        if count > 1:
            yield Text(f"Trường {code} {level} có {count} lần.", f"School {code} {level} is there {count} times.")
    if (whole_numbers(files.schools["capacity"], "problem/schools.csv", "capacity") < 0).any():
        yield Text("Có trường với số chỗ trống hoặc âm.", "A school has an empty or negative capacity.")
    if (whole_numbers(files.applicants["priority_tier"], "problem/applicants.csv", "priority_tier") < 1).any():
        yield Text("Có hồ sơ với diện ưu tiên dưới 1.", "An applicant has a tier below 1.")
    if ((files.pair_applicant == NONE) | (files.pair_pool == NONE) | (files.pair_distance_m < 0)).any():
        yield Text(
            "problem/distances.csv có cặp không thuộc bài toán.",
            "problem/distances.csv has a pair outside the problem.",
        )
    if any((ranks < 0).any() for ranks in files.pair_extra.values()):
        yield Text("problem/distances.csv có thứ hạng âm.", "problem/distances.csv has a negative rank.")
    yield from _check_groups(files)
    if not isinstance(files.summary["any_id"], bool):
        yield Text("summary.json: any_id phải là true hoặc false.", "summary.json: any_id must be true or false.")
    elif not files.summary["any_id"] and not all(map(_is_personal_id, numbers)):
        yield Text(
            "summary.json: any_id là false, nhưng có mã hồ sơ không phải số định danh.",
            "summary.json: any_id is false, but an applicant number is no personal ID.",
        )
    yield from _check_sorted(files)


def _check_groups(files: RoundFiles) -> Iterator[Text]:
    """Yield groups that are not named after the first of at least two members, and flags that are none."""
    named = files.applicants.get("together", [])
    members: dict[str, list[str]] = {}
    for number, first in zip(files.applicants["applicant_no"], named, strict=False):
        if first:
            members.setdefault(first, []).append(number)
    if any(len(numbers) == 1 or min(numbers) != first for first, numbers in members.items()):
        yield Text("problem/applicants.csv: nhóm đi cùng sai.", "problem/applicants.csv: a group is none.")
    if not {*files.applicants.get("is_confirmed", [])} <= {"0", "1"}:
        yield Text("problem/applicants.csv: is_confirmed sai.", "problem/applicants.csv: is_confirmed is wrong.")


def _is_personal_id(number: str) -> bool:
    return len(number) == _ID_LENGTH and number.isascii() and number.isdecimal()


def _check_sorted(files: RoundFiles) -> Iterator[Text]:
    """Yield the files whose rows are not in their one order: with rows in any order a round would have many hashes."""
    numbers = files.applicants["applicant_no"]
    schools = [*zip(files.schools["school_code"], files.schools["level"], strict=True)]
    if any(one >= next_one for one, next_one in pairwise(numbers)):
        yield _unsorted("problem/applicants.csv")
    if any(one >= next_one for one, next_one in pairwise(schools)):
        yield _unsorted("problem/schools.csv")
    keys = files.pair_applicant * (len(schools) + 1) + files.pair_pool
    if (keys[1:] == keys[:-1]).any():
        yield Text("problem/distances.csv có cặp lặp lại.", "problem/distances.csv has a pair twice.")
    elif (keys[1:] < keys[:-1]).any():
        yield _unsorted("problem/distances.csv")


def _unsorted(file: str) -> Text:
    return Text(f"{file}: các dòng không đúng thứ tự.", f"{file}: the rows are not in their order.")


def check_lottery(state: Checked) -> Iterator[Text]:
    """Yield the lottery numbers that cannot be drawn again from the seed."""
    summary, lottery = state.files.summary, state.files.lottery
    if hashlib.sha256(str(summary["seed"]).encode()).hexdigest() != summary["seed_sha256"]:
        yield Text("seed không khớp seed_sha256 đã công bố.", "The seed does not fit seed_sha256.")
    if lottery["applicant_no"] != state.files.applicants["applicant_no"]:
        yield Text("lottery.csv không có đúng các hồ sơ của đợt.", "lottery.csv has not the applicants of the round.")
        return
    for shown, stated, drawn in zip(state.shown, lottery["lottery_number"], state.drawn, strict=True):
        if stated != drawn:
            yield Text(
                f"Số thứ tự ngẫu nhiên của hồ sơ {shown} không tính lại được.",
                f"The lottery number of applicant {shown} cannot be drawn again.",
            )


def check_everybody(state: Checked) -> Iterator[Text]:
    """Yield applicants without exactly one row of ``offers.csv``, and rows out of order."""
    for index in np.flatnonzero(state.offer_row == NONE):
        yield Text(f"Hồ sơ {state.shown[index]} không có kết quả.", f"Applicant {state.shown[index]} has no answer.")
    numbers = state.files.applicants["applicant_no"]
    offered = state.files.offers["applicant_no"]
    if offered == numbers:
        return
    shown_of = dict(zip(numbers, state.shown, strict=True))
    for number, count in Counter(offered).items():
        if number not in shown_of:
            shown = state.shown_as(number)
            yield Text(f"Hồ sơ {shown} không thuộc đợt này.", f"Applicant {shown} is not of this round.")
        elif count > 1:
            shown = shown_of[number]
            yield Text(f"Hồ sơ {shown} có {count} kết quả.", f"Applicant {shown} has {count} answers.")
    if len(offered) == len({*offered}) and {*offered} == {*numbers}:
        yield _unsorted("offers.csv")
