"""A finding says where, what and what to do, in both languages."""

import pytest

from spatial.errors import DiabanError, InfeasibleError, InputError, SolverError
from spatial.issues import ISSUE_COLUMNS, Issue, IssueReport, Severity, neutral_in_spreadsheets
from spatial.text import Text, to_nfc, without_accents

LENGTH = Issue(
    severity=Severity.ERROR,
    code="personal_id_length",
    file="applicants.csv",
    row=17,
    field="applicant_no",
    value="079220•••",
    message=Text("Số định danh phải có 12 chữ số.", "A personal ID has 12 digits."),
    hint=Text("Đối chiếu giấy khai sinh.", "Compare with the birth certificate."),
)


def test_a_finding_is_one_line_with_file_row_field_value_message_and_hint() -> None:
    assert LENGTH.sentence("en") == (
        "applicants.csv, row 17: applicant_no = '079220•••': "
        "A personal ID has 12 digits. Compare with the birth certificate."
    )
    assert LENGTH.sentence("vi").startswith("applicants.csv, dòng 17: ")


def test_a_report_counts_by_code_and_keeps_errors_apart() -> None:
    report = IssueReport()
    unknown = Issue(severity=Severity.WARNING, code="unknown_column", message=Text("Cột lạ.", "Unknown column."))
    report.extend([LENGTH, LENGTH, unknown])
    assert report.count_by_code() == {"personal_id_length": 2, "unknown_column": 1}
    assert report.errors == [LENGTH, LENGTH]


def test_the_table_of_findings_has_the_promised_columns_even_when_empty() -> None:
    assert tuple(IssueReport().to_frame().columns) == ISSUE_COLUMNS
    assert IssueReport([LENGTH]).to_frame().iloc[0]["row"] == 17


@pytest.mark.parametrize("value", ["=HYPERLINK(1)", "+1", "-1", "@x"])
def test_no_value_of_a_report_runs_in_a_spreadsheet(value: str) -> None:
    assert neutral_in_spreadsheets(value) == f"'{value}"


def test_the_same_name_compares_equal_after_composition() -> None:
    decomposed = "Nguye\u0302\u0303n"
    assert to_nfc(f" {decomposed} ") == "Nguyễn"


def test_accents_and_the_barred_d_fold_for_finding() -> None:
    assert without_accents("Đường Võ Thị Sáu") == "duong vo thi sau"


def test_an_error_says_where_what_and_what_to_do() -> None:
    error = InputError(
        Text("Tệp rỗng.", "The file is empty."), hint=Text("Xuất lại.", "Export it again."), subject="wards.shp"
    )
    assert error.sentence("en") == "wards.shp: The file is empty. Export it again."
    assert error.sentence("vi") == "wards.shp: Tệp rỗng. Xuất lại."


def test_an_infeasible_problem_is_a_solver_error_and_all_errors_are_ours() -> None:
    assert issubclass(InfeasibleError, SolverError)
    assert issubclass(SolverError, DiabanError)
