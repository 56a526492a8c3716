"""Findings about a later run: what a change lacks, and what follows from changes for a seat."""

from spatial.issues import Issue, Severity
from spatial.text import NO_TEXT, Text


def _about(code: str, shown: str, message: Text, hint: Text, *, severity: Severity = Severity.ERROR) -> Issue:
    return Issue(severity=severity, code=code, field="applicant_no", value=shown, message=message, hint=hint)


def arrival_without_change(shown: str) -> Issue:
    """Return the finding about a row for a child of the earlier run who has not moved."""
    return _about(
        "arrival_without_change",
        shown,
        Text("Em đã có trong đợt trước; dòng này không dùng.", "The child is in the earlier run; the row is not used."),
        Text("Nếu em chuyển nơi ở, ghi moved.", "If the child moved, say so with the change moved."),
    )


def no_such_arrival(shown: str) -> Issue:
    """Return the finding about a late child of whom no file says anything."""
    return _about(
        "late_without_row",
        shown,
        Text("Hồ sơ nộp muộn không có trong tệp hồ sơ.", "The late applicant is not in the file of applicants."),
        Text("Thêm dòng vào tệp --applicants.", "Add the row to the file --applicants."),
    )


def nobody_named(shown: str) -> Issue:
    """Return the finding about an upheld appeal of somebody who is in neither run."""
    return _about(
        "change_of_unknown_applicant",
        shown,
        Text("Đợt trước không có hồ sơ này, tệp mới cũng không.", "Neither the earlier run nor a new file has it."),
        Text("Kiểm tra số; hồ sơ mới ghi late.", "Check the number; a new applicant is late."),
    )


def level_changed(shown: str) -> Issue:
    """Return the finding about a child who moved and is said to enter another level."""
    return _about(
        "moved_to_another_level",
        shown,
        Text("Em chuyển nơi ở không thể đổi cấp; giữ như cũ.", "A child who moved cannot change level; all stays."),
        Text("Rút hồ sơ cũ, nộp hồ sơ mới.", "Withdraw, and apply anew."),
    )


def moved_without_distances(shown: str) -> Issue:
    """Return the finding about a child who moved and whose new ways are not known."""
    return _about(
        "moved_without_distances",
        shown,
        Text("Chưa có khoảng cách từ nơi ở mới; giữ như cũ.", "There is no distance from the new home; all stays."),
        Text("Thêm vào --distances, hoặc đo bằng --network.", "Add them to --distances, or measure with --network."),
    )


def no_distance_to_school(shown: str, school_code: str) -> Issue:
    """Return the finding about a seat that cannot be held because no way leads there."""
    return _about(
        "no_distance_to_school",
        shown,
        Text(
            f"Không có khoảng cách tới trường {school_code}, nên không giữ được chỗ ở đó.",
            f"There is no distance to school {school_code}, so that no seat can be held there.",
        ),
        Text("Thêm khoảng cách này.", "Add this distance."),
    )


def seat_lost(shown: str, school_code: str) -> Issue:
    """Return the finding about a child whose seat is no more."""
    return _about(
        "seat_lost",
        shown,
        Text(
            f"Trường {school_code} đóng hoặc bớt chỗ; em mất chỗ và được xét lại.",
            f"School {school_code} closed or has fewer seats; the child lost the seat and is placed again.",
        ),
        Text("Báo cho gia đình.", "Tell the family."),
        severity=Severity.WARNING,
    )


def seat_raised(school_code: str, count: int) -> Issue:
    """Return the finding about seats above the capacity of a school."""
    return Issue(
        severity=Severity.WARNING,
        code="capacity_raised_on_appeal",
        field="school_code",
        value=school_code,
        message=Text(
            f"Thêm {count} chỗ ngoài sĩ số do khiếu nại được chấp nhận.",
            f"{count} above the capacity, because an appeal was upheld.",
        ),
        hint=NO_TEXT,
    )


def placed_apart(shown: str) -> Issue:
    """Return the finding about a child who is placed without the family, which holds seats already."""
    return _about(
        "placed_apart",
        shown,
        Text(
            "Anh, chị, em đã giữ chỗ; em được xét riêng, trường đó tính là trường của anh, chị, em.",
            "The family holds a seat already; the child is placed alone, and that school counts as a sibling's.",
        ),
        Text("Xem lại bằng tay nếu các em khác trường.", "Look at it by hand if the children differ in school."),
        severity=Severity.WARNING,
    )
