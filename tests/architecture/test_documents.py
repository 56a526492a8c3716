"""What a reader is promised exists: settings, commands and pages named in the documents."""

import re
from pathlib import Path

from api.settings import Settings

REPOSITORY = Path(__file__).resolve().parents[2]


def test_every_setting_is_documented() -> None:
    documented = (REPOSITORY / "docs" / "how-to" / "settings.md").read_text(encoding="utf-8")
    missing = [name for name in Settings.model_fields if f"`DIABAN_{name.upper()}`" not in documented]
    assert missing == []


def test_every_link_between_documents_leads_somewhere() -> None:
    documents = [*REPOSITORY.glob("*.md"), *(REPOSITORY / "docs").rglob("*.md")]
    broken = [
        f"{document.relative_to(REPOSITORY)} -> {target}"
        for document in documents
        for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", document.read_text(encoding="utf-8"))
        if not (document.parent / target).exists()
    ]
    assert broken == []


def test_decisions_are_numbered_without_gaps_and_fit_on_a_screen() -> None:
    records = sorted((REPOSITORY / "docs" / "decisions").glob("*.md"))
    assert [int(record.name[:4]) for record in records] == list(range(1, len(records) + 1))
    assert [record.name for record in records if len(record.read_text(encoding="utf-8").splitlines()) > 60] == []
