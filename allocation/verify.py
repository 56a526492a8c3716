"""Does a round prove what it claims? Checked from its files alone, sharing no code with any solver.

The claims, in the order in which they are checked: the files are those that were hashed; the lottery was drawn
with the published seed; everybody has exactly one answer; every seat is one that the applicant may have, at the
stated distance; no school is over capacity; no seat is wasted; the placement is optimal (a dual certificate), its
seat prices are exact, and the lottery decided between equals; the tables and figures say what the offers say.
"""

import hashlib
import hmac
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from allocation.personal_id import mask, parse
from allocation.round_files import NONE, Integers, RoundFiles, UnreadableError, read_directory, whole_numbers
from allocation.verify_figures import check_reasons, check_school_table, check_summary, not_checked
from allocation.verify_lists import check_cut_offs, check_waiting_lists
from allocation.verify_market import Market, market_of
from allocation.verify_optimum import check_optimum
from allocation.verify_stability import check_stability
from allocation.verify_state import Checked, name_of_school
from spatial.errors import InputError
from spatial.text import Text

_FAILURES_LISTED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What was checked, and what did not hold."""

    claims: tuple[Text, ...]
    failures: tuple[Text, ...]
    not_checked: tuple[str, ...] = ()
    """Files and fields that the files cannot prove, e.g. ``summary.json: software``: stated, not checked."""

    @property
    def passed(self) -> bool:
        """Whether every claim holds."""
        return not self.failures


def verify_directory(path: Path) -> Verification:
    """Check every claim of the round in a directory.

    Raises
    ------
    InputError
        The directory holds no round.
    """
    try:
        files = read_directory(path)
        state = _state_of(files)
    except UnreadableError as error:
        return Verification(claims=(), failures=(error.text,))
    claims: list[Text] = []
    failures: list[Text] = []
    for claim, check in _CHECKS:
        if failures and check in _ONLY_OF_SOUND_OFFERS:
            continue
        claims.append(claim)
        try:
            found = list(check(state))
        except (UnreadableError, LookupError, TypeError, AttributeError, ValueError, ArithmeticError) as error:
            found = [error.text if isinstance(error, UnreadableError) else _malformed(claim)]
        failures.extend(found[:_FAILURES_LISTED])
        if len(found) > _FAILURES_LISTED:
            rest = len(found) - _FAILURES_LISTED
            failures.append(Text(f"… và {rest} lỗi nữa cùng loại.", f"… and {rest} more of the same kind."))
        if found and check in _NECESSARY:
            break
    return Verification(claims=tuple(claims), failures=tuple(failures), not_checked=not_checked(state))


def _malformed(claim: Text) -> Text:
    return Text(f"Không kiểm được: {claim.vi}. Tệp sai cấu trúc.", f"Not checkable: {claim.en}. A file is malformed.")


def _state_of(files: RoundFiles) -> Checked:
    """Bring the offers to the numbering of the problem."""
    numbers = files.applicants["applicant_no"]
    any_id = files.summary.get("any_id") is True
    drawn = [_draw(number, str(files.summary.get("seed", ""))) for number in numbers]
    market = market_of(files, _lottery_ranks(numbers, drawn))
    row_of = {number: row for row, number in enumerate(files.offers["applicant_no"])}
    rows = np.array([row_of.get(number, NONE) for number in numbers], dtype=np.int64)
    distance_m = np.append(whole_numbers(files.offers["distance_m"], "offers.csv", "distance_m"), NONE)
    stage = np.append(whole_numbers(files.offers["stage"], "offers.csv", "stage"), NONE)
    return Checked(
        files=files,
        market=market,
        shown=numbers if any_id else [mask(number) for number in numbers],
        offer_row=rows,
        offered_code=[files.offers["school_code"][row] if row != NONE else "" for row in rows],
        pool=_offered_pools(files, market, rows),
        distance_m=distance_m[rows],
        stage=stage[rows],
        drawn=drawn,
    )


def _offered_pools(files: RoundFiles, market: Market, rows: Integers) -> Integers:
    """Return for each applicant the pool of the market that the offer names, or `NONE`."""
    school, levels = files.schools["school_code"], files.schools["level"]
    at = {
        (school[row], levels[row], group): pool
        for pool, (row, group) in enumerate(zip(market.school_row.tolist(), market.seat_group, strict=True))
    }
    groups = files.offers.get("seat_group", [""] * len(files.offers["school_code"]))
    offered = ((files.offers["school_code"][row], groups[row]) if row != NONE else ("", "") for row in rows.tolist())
    named = zip(offered, files.applicants["level"], strict=True)
    return np.array([at.get((code, level, group), NONE) for (code, group), level in named], dtype=np.int64)


def _lottery_ranks(numbers: list[str], drawn: list[str]) -> Integers:
    ranks = np.empty(len(numbers), dtype=np.int64)
    ranks[sorted(range(len(numbers)), key=lambda index: (drawn[index], numbers[index]))] = np.arange(len(numbers))
    return ranks


def _draw(number: str, seed: str) -> str:
    return hmac.new(seed.encode(), number.encode(), hashlib.sha256).hexdigest()[:16]


def _check_hashes(state: Checked) -> Iterator[Text]:
    files = state.files
    problem = hashlib.sha256(b"".join(files.problem_bytes)).hexdigest()
    for name, stated in (
        ("summary.json", files.summary.get("problem_sha256")),
        ("certificate.json", files.certificate.get("problem_sha256")),
    ):
        if stated != problem:
            yield Text(
                f"{name}: problem_sha256 là {stated}, nhưng các tệp problem/*.csv có {problem}.",
                f"{name}: problem_sha256 is {stated}, but the files problem/*.csv hash to {problem}.",
            )
    if files.summary.get("policy_sha256") != hashlib.sha256(files.policy_bytes).hexdigest():
        yield Text("policy.json đã bị thay đổi.", "policy.json was changed.")
    if files.summary.get("policy") != files.policy.get("name"):
        yield Text("Tên quy tắc không khớp policy.json.", "The name of the policy is not that of policy.json.")
    if files.summary.get("policy_version") != files.policy.get("version"):
        yield Text("Phiên bản quy tắc không khớp policy.json.", "The version of the policy is not that of policy.json.")


def _check_problem(state: Checked) -> Iterator[Text]:
    files = state.files
    for number, count in Counter(
        state.shown if len(set(files.applicants["applicant_no"])) < len(state.shown) else []
    ).items():
        if count > 1:
            yield Text(f"Hồ sơ {number} có {count} lần.", f"Applicant {number} is there {count} times.")
    pools = Counter(zip(files.schools["school_code"], files.schools["level"], strict=True))
    for (code, level), count in pools.items():
        if count > 1:
            yield Text(f"Trường {code} {level} có {count} lần.", f"School {code} {level} is there {count} times.")
    if (whole_numbers(files.schools["capacity"], "problem/schools.csv", "capacity") < 0).any():
        yield Text("Có trường với số chỗ âm.", "A school has a negative capacity.")
    if ((files.pair_applicant == NONE) | (files.pair_pool == NONE) | (files.pair_distance_m < 0)).any():
        yield Text(
            "problem/distances.csv có cặp không thuộc bài toán.",
            "problem/distances.csv has a pair outside the problem.",
        )
    if files.summary.get("any_id") is False and not all(map(_is_personal_id, files.applicants["applicant_no"])):
        yield Text(
            "summary.json: any_id là false, nhưng có mã hồ sơ không phải số định danh.",
            "summary.json: any_id is false, but an applicant number is no personal ID.",
        )
    if state.has_repeated_pairs:
        yield Text("problem/distances.csv có cặp lặp lại.", "problem/distances.csv has a pair twice.")


def _is_personal_id(number: str) -> bool:
    try:
        parse(number)
    except InputError:
        return False
    return True


def _check_lottery(state: Checked) -> Iterator[Text]:
    stated = dict(zip(state.files.lottery["applicant_no"], state.files.lottery["lottery_number"], strict=True))
    seed = str(state.files.summary["seed"])
    if hashlib.sha256(seed.encode()).hexdigest() != state.files.summary["seed_sha256"]:
        yield Text("seed không khớp seed_sha256 đã công bố.", "The seed does not fit seed_sha256.")
    numbers = state.files.applicants["applicant_no"]
    for number, shown, drawn in zip(numbers, state.shown, state.drawn, strict=True):
        if stated.get(number) != drawn:
            yield Text(
                f"Số thứ tự ngẫu nhiên của hồ sơ {shown} không tính lại được.",
                f"The lottery number of applicant {shown} cannot be drawn again.",
            )


def _check_everybody(state: Checked) -> Iterator[Text]:
    for index in np.flatnonzero(state.offer_row == NONE):
        yield Text(f"Hồ sơ {state.shown[index]} không có kết quả.", f"Applicant {state.shown[index]} has no answer.")
    known = set(state.files.applicants["applicant_no"])
    any_id = state.files.summary.get("any_id") is True
    for number, count in Counter(state.files.offers["applicant_no"]).items():
        shown = number if any_id else mask(number)
        if number not in known:
            yield Text(f"Hồ sơ {shown} không thuộc đợt này.", f"Applicant {shown} is not of this round.")
        elif count > 1:
            yield Text(f"Hồ sơ {shown} có {count} kết quả.", f"Applicant {shown} has {count} answers.")


def _check_admissible(state: Checked) -> Iterator[Text]:
    offered = np.array([bool(code) for code in state.offered_code], dtype=bool)
    known = state.own_pair != NONE
    expected_m = np.where(known, np.append(state.market.distance_m, NONE)[state.own_pair], NONE)
    for index in np.flatnonzero(offered & ~known):
        who, where = state.shown[index], state.offered_code[index]
        yield Text(
            f"Hồ sơ {who}: trường {where} không nằm trong các trường được xét.",
            f"Applicant {who}: school {where} is none that this applicant may be placed in.",
        )
    for index in np.flatnonzero(known & (expected_m != state.distance_m)):
        yield Text(
            f"Hồ sơ {state.shown[index]}: distance_m ghi {state.distance_m[index]}, bài toán là {expected_m[index]}.",
            f"Applicant {state.shown[index]}: distance_m says {state.distance_m[index]}, the problem "
            f"{expected_m[index]}.",
        )
    for index in np.flatnonzero(~offered & ((state.distance_m != NONE) | (state.stage != NONE))):
        yield Text(
            f"Hồ sơ {state.shown[index]} không có trường nhưng có khoảng cách hoặc giai đoạn.",
            f"Applicant {state.shown[index]} has no school but a distance or a stage.",
        )
    by_stage = np.zeros(len(state.shown), dtype=bool)
    for number, rule in enumerate(state.stages, start=1):
        allowed = np.append(state.market.allowed_in(rule), False)[state.own_pair]
        by_stage |= (state.stage == number) & allowed
    for index in np.flatnonzero(known & ~by_stage):
        yield Text(
            f"Hồ sơ {state.shown[index]}: giai đoạn {state.stage[index]} không thể xếp chỗ này.",
            f"Applicant {state.shown[index]}: stage {state.stage[index]} cannot give this seat.",
        )


def _check_together(state: Checked) -> Iterator[Text]:
    """Yield the groups whose members are not all in one school, or some without a seat."""
    where: dict[int, set[str]] = {}
    family = state.market.family
    for index in np.flatnonzero(family != NONE).tolist():
        where.setdefault(int(family[index]), set()).add(state.offered_code[index])
    for group in sorted(group for group, codes in where.items() if len(codes) > 1):
        first = state.shown[int(np.flatnonzero(family == group)[0])]
        yield Text(
            f"Nhóm của hồ sơ {first} phải cùng một trường.", f"The group of applicant {first} must be in one school."
        )


def _check_capacities(state: Checked) -> Iterator[Text]:
    placed = state.placed_counts()
    for pool in np.flatnonzero(placed > state.capacity):
        name = name_of_school(state, int(pool))
        yield Text(
            f"Trường {name}: xếp {placed[pool]} em, chỉ có {state.capacity[pool]} chỗ.",
            f"School {name}: {placed[pool]} placed, but the number of seats is {state.capacity[pool]}.",
        )


def _check_no_waste(state: Checked) -> Iterator[Text]:
    market = state.market
    has_free = state.placed_counts() < state.capacity
    own_stage = np.where(state.pool == NONE, state.stage_count, state.stage)
    own_m = np.where(state.pool == NONE, np.iinfo(np.int64).max, state.distance_m)
    allowed = np.zeros(len(market.pool), dtype=bool)
    for number, rule in enumerate(state.stages, start=1):
        if rule["kind"] in _NEAREST_FIRST:
            allowed |= market.allowed_in(rule) & (own_stage[market.applicant] == number)
    alone = market.family[market.applicant] == NONE
    wasted = has_free[market.pool] & (market.distance_m < own_m[market.applicant]) & allowed & alone
    _, first = np.unique(market.applicant[wasted], return_index=True)
    for pair in np.flatnonzero(wasted)[first]:
        who, where = state.shown[market.applicant[pair]], name_of_school(state, int(market.pool[pair]))
        yield Text(
            f"Hồ sơ {who}: trường {where} gần hơn và còn chỗ trống.",
            f"Applicant {who}: school {where} is nearer and has a free seat.",
        )


_NEAREST_FIRST = ("least_travel", "least_farthest")
"""In these stages a nearer free seat is better; what deferred acceptance owes is checked by `check_stability`."""

_CHECKS: tuple[tuple[Text, Callable[[Checked], Iterator[Text]]], ...] = (
    (Text("Các tệp đúng là tệp đã băm", "The files are those that were hashed"), _check_hashes),
    (Text("Bài toán hợp lệ", "The problem is well formed"), _check_problem),
    (Text("Bốc thăm theo hạt giống đã công bố", "The lottery was drawn with the published seed"), _check_lottery),
    (Text("Mỗi hồ sơ đúng một kết quả", "Every applicant has exactly one answer"), _check_everybody),
    (
        Text("Mỗi chỗ đều được phép, đúng khoảng cách", "Every seat is allowed, at the stated distance"),
        _check_admissible,
    ),
    (Text("Không trường nào quá số chỗ", "No school is over capacity"), _check_capacities),
    (Text("Anh chị em đi cùng được một trường", "Those who belong together have one school"), _check_together),
    (Text("Không bỏ phí chỗ nào", "No seat is wasted"), _check_no_waste),
    (
        Text(
            "Xếp được nhiều nhất, tổng quãng đường ngắn nhất, hòa thì theo bốc thăm",
            "Most are placed, the total distance is least, equals are decided by the lottery",
        ),
        check_optimum,
    ),
    (
        Text("Không ai có lý do chính đáng để đòi chỗ của người khác", "Nobody has a just claim to another's seat"),
        check_stability,
    ),
    (Text("Lý do ghi đúng", "The reasons are true"), check_reasons),
    (Text("Bảng các trường đúng", "The table of schools is right"), check_school_table),
    (Text("Số liệu tổng hợp đúng", "The figures are right"), check_summary),
    (
        Text("Mức cuối công bố đúng, không chỉ ra em nào", "The published cut-offs are right and point at nobody"),
        check_cut_offs,
    ),
    (Text("Danh sách chờ đúng thứ tự", "The waiting lists are in order"), check_waiting_lists),
)

_NECESSARY = (_check_problem, _check_everybody)
"""What comes after these cannot be checked when they fail."""

_ONLY_OF_SOUND_OFFERS = (check_optimum, check_stability)
"""Of offers that are wrong in themselves nothing more is worth saying here."""
