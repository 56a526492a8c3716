"""What a reader is promised exists: settings, commands and pages named in the documents."""

import re
from pathlib import Path

from allocation.policy import Policy, shipped_policies
from allocation.policy_rules import (
    Condition,
    DeferredAcceptanceStage,
    Lottery,
    OrderKey,
    PreferenceSource,
    SeatGroup,
    StageLimits,
    TierRule,
)
from allocation.quota_rules import TierQuota
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


def test_every_policy_and_every_word_of_a_policy_file_is_documented() -> None:
    documented = (REPOSITORY / "docs" / "how-to" / "choose-a-policy.md").read_text(encoding="utf-8")
    parts = (Policy, TierRule, SeatGroup, TierQuota, StageLimits, DeferredAcceptanceStage, Lottery)
    words = {*shipped_policies(), *Condition, *OrderKey, *PreferenceSource}
    words |= {name for part in parts for name in part.model_fields}
    # What every entry has, and what the form of the table says by itself.
    words -= {"kind", "code"}
    assert sorted(word for word in words if f"`{word}" not in documented) == []


def test_the_readme_links_every_how_to_page() -> None:
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    pages = sorted(page.name for page in (REPOSITORY / "docs" / "how-to").glob("*.md"))
    assert [page for page in pages if f"(docs/how-to/{page})" not in readme] == []


def test_every_test_that_a_document_names_exists() -> None:
    missing = [
        f"{document.relative_to(REPOSITORY)}: {named}"
        for document in (REPOSITORY / "docs").rglob("*.md")
        for named in re.findall(r"`(?:tests/)?([\w/]*test_[\w*]+\.py)`", document.read_text(encoding="utf-8"))
        if not any((REPOSITORY / "tests").glob(f"**/{named}"))
    ]
    assert missing == []


def test_the_glossary_explains_each_term_once() -> None:
    glossary = (REPOSITORY / "docs" / "glossary.md").read_text(encoding="utf-8")
    terms = [term for term in re.findall(r"(?m)^\| ([^|]+) \|", glossary) if term != "English"]
    assert sorted({term for term in terms if terms.count(term) > 1}) == []
