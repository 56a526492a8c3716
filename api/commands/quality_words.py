"""What a quality check found, in the words of the console."""

from rich.markup import escape

from api.console import Head, messages, plain_table, results
from api.settings import settings
from basemap.quality_findings import Finding, QualityReport
from spatial.text import Text

_SHOWN_OF_EACH_RULE_COUNT = 3
_HEADS = (
    Head(text=Text("quy tắc", "rule"), folds=True),
    Head(text=Text("số mục", "findings"), folds=True),
    Head(text=Text("diện tích (m²)", "area (m²)"), is_number=True),
)


def print_quality(report: QualityReport) -> None:
    """Print the outcome of every rule as a table on stdout, and the largest findings of each on stderr."""
    language = settings().language
    table = plain_table(_HEADS, title=f"{report.layer.value}: {report.feature_count}")
    for outcome in report.outcomes:
        count = str(outcome.found_count) if outcome.is_checked else _not_checked(outcome.why_not_checked, language)
        area = "" if outcome.area_m2 is None else f"{outcome.area_m2:.2f}"
        table.add_row(outcome.label.in_language(language), count, area)
        found = [finding for finding in report.findings if finding.rule == outcome.code]
        _say_findings(found[:_SHOWN_OF_EACH_RULE_COUNT], language)
    results.print(table)


def _say_findings(findings: list[Finding], language: str) -> None:
    for finding in findings:
        messages.print(escape(f"{finding.issue.severity.value}: {finding.issue.sentence(language)}"))


def _not_checked(why: Text, language: str) -> str:
    return Text(f"chưa kiểm tra: {why.vi}", f"not checked: {why.en}").in_language(language)
