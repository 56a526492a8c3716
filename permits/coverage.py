"""What the program checks, what an officer decides, and what lies out of scope: written from the rule-packs.

A list that says what is *not* checked keeps an answer from reading as more than it is.
"""

import itertools
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from permits.model import REASON_TEXTS
from permits.rule_schema import Rule
from permits.rulebook import Rulebook, available_rulebooks, load_rulebook
from spatial.text import Text

_UNVERIFIED = Text("Văn bản chưa được kiểm chứng nên không quyết định gì.", "Not verified, so it decides nothing.")
_NOT_FOUND = Text("Chưa tìm được văn bản hoặc số liệu.", "The text or its figures were not found.")

_WRITTEN = (
    "Written from the rule-packs by `diaban permits coverage`; change the packs, not this page. "
    "The same list as data: [coverage.json](coverage.json).\n"
)


class Status(StrEnum):
    """Who decides a matter."""

    PROGRAM = "program"
    OFFICER = "officer"
    OUT_OF_SCOPE = "out_of_scope"


_HEADINGS = {
    Status.PROGRAM: Text("Phần mềm kiểm tra", "Checked by the program"),
    Status.OFFICER: Text("Cán bộ xem xét", "Decided by an officer"),
    Status.OUT_OF_SCOPE: Text("Ngoài phạm vi", "Out of scope"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Covered:
    """One matter: who decides it, where it stands, and why the program does not.

    Parameters
    ----------
    rules
        Rules of the pack that it stands for; empty for what no rule states.
    not_found
        The text or its figures were looked for in vain.
    """

    rulebook: str
    status: Status
    subject: Text
    citation: str
    why: Text
    rules: tuple[str, ...] = ()
    not_found: bool = False

    def to_json(self) -> dict[str, object]:
        """Return the matter for programs."""
        return {
            "rulebook": self.rulebook,
            "status": self.status.value,
            "subject": self.subject._asdict(),
            "citation": self.citation,
            "why": self.why._asdict(),
            "rules": list(self.rules),
            "not_found": self.not_found,
        }


def coverage() -> tuple[Covered, ...]:
    """Return every matter that the shipped packs name, pack by pack."""
    books = [load_rulebook(name) for name in available_rulebooks()]
    return tuple(covered for book in books for covered in (*_of_rules(book), *_of_the_rest(book)))


def _of_rules(book: Rulebook) -> Iterator[Covered]:
    """Yield the rules; neighbours that an officer decides for one and the same reason stand together."""
    for _, group in itertools.groupby(book.rules, key=lambda rule: _kinship(rule, book)):
        rules = list(group)
        first = rules[0]
        status, why = _status(first, book)
        yield Covered(
            rulebook=book.name,
            status=status,
            subject=_subject(rules),
            citation=str(book.citation(first)),
            why=why,
            rules=tuple(dict.fromkeys(rule.id for rule in rules)),
        )


def _kinship(rule: Rule, book: Rulebook) -> object:
    status, why = _status(rule, book)
    return rule.id if status is Status.PROGRAM else (status, why, rule.requirement, rule.clause)


def _subject(rules: Sequence[Rule]) -> Text:
    titles = dict.fromkeys(rule.title.text for rule in rules)
    return Text("; ".join(title.vi for title in titles), "; ".join(title.en for title in titles))


def _status(rule: Rule, book: Rulebook) -> tuple[Status, Text]:
    if rule.kind == "review" and rule.reason is not None:
        return Status.OFFICER, REASON_TEXTS[rule.reason]
    if "unverified" in (rule.verification, book.instrument_of(rule).verification):
        return Status.OFFICER, _UNVERIFIED
    return Status.PROGRAM, Text("", "")


def _of_the_rest(book: Rulebook) -> Iterator[Covered]:
    for entry in book.not_decided:
        yield Covered(
            rulebook=book.name,
            status=Status(entry.status),
            subject=entry.subject.text,
            citation=entry.clause or "",
            why=entry.why.text,
            not_found=entry.not_found,
        )


def coverage_json() -> str:
    """Return the list as JSON text, one matter on a line."""
    rows = (json.dumps(covered.to_json(), ensure_ascii=False) for covered in coverage())
    return "[\n" + ",\n".join(rows) + "\n]\n"


def coverage_page() -> str:
    """Return the list as a Markdown page: what was not found first, then who decides what."""
    entries = coverage()
    missing = [covered for covered in entries if covered.not_found]
    parts = [
        "# Phần mềm kiểm tra những gì\n\n*What the program checks*\n",
        _WRITTEN,
        _counts(entries),
        f"## {_NOT_FOUND.vi} {_NOT_FOUND.en}\n",
        _table(missing),
    ]
    for status, heading in _HEADINGS.items():
        rows = [covered for covered in entries if covered.status is status and not covered.not_found]
        parts += [f"## {heading.vi} ({heading.en})\n", _table(rows)]
    return "\n".join(parts).rstrip() + "\n"


def _counts(entries: Sequence[Covered]) -> str:
    counts = [
        f"{heading.vi} ({heading.en}): {sum(covered.status is status for covered in entries)}"
        for status, heading in _HEADINGS.items()
    ]
    return "; ".join(counts) + ".\n"


def _table(rows: Sequence[Covered]) -> str:
    lines = ["| Nội dung | Subject | Căn cứ (legal basis) | Vì sao (why) | Rule-pack |", "|---|---|---|---|---|"]
    for row in rows:
        why = f"{row.why.vi} {row.why.en}".strip()
        pack = f"[{row.rulebook}]({row.rulebook}.md)"
        cells = (row.subject.vi, row.subject.en, row.citation, why, pack)
        lines.append("| " + " | ".join(cell.replace("|", "/") or "–" for cell in cells) + " |")
    return "\n".join(lines) + "\n"
