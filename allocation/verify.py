"""Does a round prove what it claims? Checked from its files alone, sharing no code with any solver.

The claims, in the order in which they are checked: the files are those that were hashed; the lottery was drawn
with the published seed; everybody has exactly one answer; every seat is one that the applicant may have, at the
stated distance; no school is over capacity; no seat is wasted; the placement is optimal (a dual certificate), its
seat prices are exact, and the lottery decided between equals; the tables and figures say what the offers say.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from allocation.round_files import UnreadableError, read_directory
from allocation.verify_acceptance import check_acceptance
from allocation.verify_after import check_counts_of_moves, check_held_seats, not_checked_of_after
from allocation.verify_ages import check_ages
from allocation.verify_best import check_best, is_best_claimed
from allocation.verify_figures import check_reasons, check_school_table, check_summary, not_checked
from allocation.verify_files import check_everybody, check_hashes, check_lottery, check_problem
from allocation.verify_lists import check_cut_offs, check_waiting_lists
from allocation.verify_offers import (
    check_admissible,
    check_capacities,
    check_no_waste,
    check_promises,
    check_together,
)
from allocation.verify_optimum import check_optimum
from allocation.verify_policy import check_policy
from allocation.verify_quota_claims import check_quotas
from allocation.verify_state import Checked, state_of
from spatial.text import Text

_FAILURES_LISTED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What was checked, and what did not hold."""

    claims: tuple[Text, ...]
    failures: tuple[Text, ...]
    not_checked: tuple[str, ...] = ()
    """Files and fields that the files cannot prove, e.g. ``summary.json: software``: stated, not checked."""
    not_applicable: tuple[Text, ...] = ()
    """Claims about a later run, where the round is a first one."""

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
        unknown = tuple(check_policy(files.policy))
        if unknown:
            return Verification(claims=(_KNOWN_POLICY,), failures=unknown)
        state = state_of(files)
    except UnreadableError as error:
        return Verification(claims=(), failures=(error.text,))
    except _MALFORMED:
        return Verification(claims=(_READABLE,), failures=(_malformed(_READABLE),))
    return check_claims(state)


def check_claims(state: Checked) -> Verification:
    """Check every claim of a round that was read."""
    claims, failures, not_applicable = [_KNOWN_POLICY], list[Text](), list[Text]()
    for claim, check in _CHECKS:
        if check in _OF_LATER_RUNS and "after" not in state.files.summary:
            not_applicable.append(claim)
            continue
        if failures and check in _ONLY_OF_SOUND_OFFERS:
            continue
        if (check is check_quotas and not state.files.policy["tier_quotas"]) or (
            check is check_best and not is_best_claimed(state)
        ):
            continue
        claims.append(claim)
        found = _found(claim, check, state)
        failures.extend(found[:_FAILURES_LISTED])
        if len(found) > _FAILURES_LISTED:
            rest = len(found) - _FAILURES_LISTED
            failures.append(Text(f"… và {rest} lỗi nữa cùng loại.", f"… and {rest} more of the same kind."))
        if found and check in _NECESSARY:
            break
    unproven = (*not_checked(state), *not_checked_of_after(state))
    return Verification(
        claims=tuple(claims),
        failures=tuple(failures),
        not_checked=unproven,
        not_applicable=tuple(not_applicable),
    )


_MALFORMED = (LookupError, TypeError, AttributeError, ValueError, ArithmeticError)
"""What a file raises in which something else stands than there should."""

Check = Callable[[Checked], Iterator[Text]]


def _found(claim: Text, check: Check, state: Checked) -> list[Text]:
    try:
        return list(check(state))
    except UnreadableError as error:
        return [error.text]
    except _MALFORMED:
        return [_malformed(claim)]


def _malformed(claim: Text) -> Text:
    return Text(f"Không kiểm được: {claim.vi}. Tệp sai cấu trúc.", f"Not checkable: {claim.en}. A file is malformed.")


_READABLE = Text("Các tệp đọc được", "The files can be read")
_KNOWN_POLICY = Text("Mọi mục của quy tắc đều kiểm được", "Every entry of the policy is one that can be checked")
_CHECKS: tuple[tuple[Text, Check], ...] = (
    (Text("Các tệp đúng là tệp đã băm", "The files are those that were hashed"), check_hashes),
    (Text("Bài toán hợp lệ", "The problem is well formed"), check_problem),
    (Text("Đúng tuổi theo năm sinh trong số định danh", "The year of birth in the ID fits the level"), check_ages),
    (Text("Bốc thăm theo số gieo đã công bố", "The lottery was drawn with the published seed"), check_lottery),
    (Text("Mỗi hồ sơ đúng một kết quả", "Every applicant has exactly one answer"), check_everybody),
    (
        Text("Mỗi chỗ đều được phép, đúng khoảng cách", "Every seat is allowed, at the stated distance"),
        check_admissible,
    ),
    (Text("Không trường nào quá số chỗ", "No school is over capacity"), check_capacities),
    (Text("Anh chị em đi cùng được một trường", "Those who belong together have one school"), check_together),
    (Text("Chỗ quy tắc đã hứa thì giữ", "Seats that the policy promises are given"), check_promises),
    (
        Text(
            "Ai giữ chỗ từ đợt trước thì giữ được hoặc tốt hơn", "Seats held from an earlier run are kept or bettered"
        ),
        check_held_seats,
    ),
    (Text("Không bỏ phí chỗ nào", "No seat is wasted"), check_no_waste),
    (
        Text(
            "Xếp được nhiều nhất, tổng quãng đường ngắn nhất, hòa thì theo bốc thăm",
            "Most are placed, the total distance is least, equals are decided by the lottery",
        ),
        check_optimum,
    ),
    (
        Text("Không tìm được cách xếp giữ trọn các nhóm mà tốt hơn", "No better placement with whole groups is found"),
        check_best,
    ),
    (
        Text(
            "Không ai có lý do chính đáng để đòi chỗ của người khác, và không cách xếp nào như vậy tốt hơn cho các em",
            "Nobody has a just claim to another's seat, and no placement like that is better for the applicants",
        ),
        check_acceptance,
    ),
    (
        Text(
            "Định mức theo diện được giữ: không quá mức tối đa, đủ chỗ dành riêng, không ai có lý do đòi chỗ",
            "Quotas per tier are kept: nothing above a cap, reserves filled first, nobody with a just claim",
        ),
        check_quotas,
    ),
    (Text("Lý do ghi đúng", "The reasons are true"), check_reasons),
    (Text("Bảng các trường đúng", "The table of schools is right"), check_school_table),
    (Text("Số liệu tổng hợp đúng", "The figures are right"), check_summary),
    (
        Text("Mức cuối công bố đúng, không chỉ ra em nào", "The published cut-offs are right and point at nobody"),
        check_cut_offs,
    ),
    (Text("Danh sách chờ đúng thứ tự", "The waiting lists are in order"), check_waiting_lists),
    (Text("Số em đổi chỗ được đếm đúng", "Who moved is counted right"), check_counts_of_moves),
)

_OF_LATER_RUNS = (check_held_seats, check_counts_of_moves)
"""These mean something only where ``summary.json`` says which run the round follows."""

_NECESSARY = (check_problem, check_everybody)
"""What comes after these cannot be checked when they fail."""

_ONLY_OF_SOUND_OFFERS = (check_optimum, check_best, check_acceptance, check_quotas)
"""Of offers that are wrong in themselves nothing more is worth saying here."""
