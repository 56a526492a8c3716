"""The papers of a dossier: which are still asked for, and which never again because somebody already holds them.

References
----------
NĐ 217/2026/NĐ-CP, Articles 55 to 64; Articles 7.3 and 56.2: papers in national databases are not asked for.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from importlib import resources
from typing import Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from permits.model import Citation, ReasonCode
from spatial.errors import InputError
from spatial.text import Text


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Named(_Part):
    clause: str = Field(min_length=1)
    vi: str = Field(min_length=1)
    en: str = Field(min_length=1)


class Paper(_Named):
    """One paper; ``reusable`` papers may be on file already."""

    needed: Literal["always", "if_required"]
    reusable: bool = False


class DossierKind(_Named):
    """One kind of dossier and its papers, in order."""

    papers: tuple[str, ...] = Field(min_length=1)


class Checklists(_Part):
    """Every kind of dossier of one decree."""

    instrument: str
    effective_from: date
    not_asked_again: str
    source: str
    papers: Mapping[str, Paper]
    dossiers: Mapping[str, DossierKind]

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        named = {paper for dossier in self.dossiers.values() for paper in dossier.papers}
        if strange := named.symmetric_difference(self.papers):
            message = f"not both named and described: {sorted(strange)}"
            raise ValueError(message)
        return self


class PaperState(StrEnum):
    """What is to be done about a paper."""

    ASKED = "asked"
    RECEIVED = "received"
    ON_FILE = "on_file"
    NOT_REQUIRED = "not_required"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedPaper:
    """A paper of a dossier and its state.

    Parameters
    ----------
    state
        UNDECIDED: another law decides whether it is needed, and nobody has said yet.
    """

    name: str
    title: Text
    state: PaperState
    citation: Citation

    def to_json(self) -> dict[str, object]:
        """Return the paper for programs."""
        return {
            "paper": self.name,
            "title": self.title._asdict(),
            "state": self.state.value,
            "citation": str(self.citation),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Checklist:
    """The papers of one dossier.

    Parameters
    ----------
    reason
        Why the list is open: another decree applied, which was not read.
    """

    kind: str
    title: Text
    citation: Citation
    papers: tuple[ListedPaper, ...]
    sha256: str
    reason: ReasonCode | None = None

    @property
    def is_complete(self) -> bool:
        """Whether nothing is asked for and nothing undecided."""
        open_states = {PaperState.ASKED, PaperState.UNDECIDED}
        return self.reason is None and not any(paper.state in open_states for paper in self.papers)

    def to_json(self) -> dict[str, object]:
        """Return the list for programs."""
        return {
            "kind": self.kind,
            "title": self.title._asdict(),
            "citation": str(self.citation),
            "complete": self.is_complete,
            "verdict": None if self.reason is None else "NEEDS_REVIEW",
            "reason": None if self.reason is None else self.reason.value,
            "papers": [paper.to_json() for paper in self.papers],
            "checklists_sha256": self.sha256,
        }


def checklist(
    kind: str,
    *,
    as_of: date,
    on_file: Iterable[str] = (),
    received: Iterable[str] = (),
    required: Mapping[str, bool] | None = None,
) -> Checklist:
    """Return the papers of a dossier lodged on ``as_of``.

    Parameters
    ----------
    on_file
        Papers that an authority or a national database holds: never asked for again.
    received
        Papers that the applicant handed in.
    required
        For papers that another law may ask for: whether it does. One that is not named is undecided.

    Raises
    ------
    InputError
        There is no such kind of dossier; a paper is not one of it, cannot be on file, or is needed in any case.
    """
    lists, sha256 = packaged_checklists()
    dossier = lists.dossiers.get(kind)
    if dossier is None:
        raise InputError(
            Text(f"Không có loại hồ sơ {kind}.", f"There is no dossier {kind}."),
            hint=Text(f"Hiện có: {', '.join(lists.dossiers)}.", f"There are: {', '.join(lists.dossiers)}."),
        )
    held, handed_in, decided = frozenset(on_file), frozenset(received), dict(required or {})
    _must_belong({*held, *handed_in, *decided}, dossier)
    _must_be_possible(held, decided, lists)
    papers = tuple(
        ListedPaper(
            name=name,
            title=Text(lists.papers[name].vi, lists.papers[name].en),
            state=_state(name, lists.papers[name], held, handed_in, decided),
            citation=Citation(instrument=lists.instrument, clause=lists.papers[name].clause),
        )
        for name in dossier.papers
    )
    return Checklist(
        kind=kind,
        title=Text(dossier.vi, dossier.en),
        citation=Citation(instrument=lists.instrument, clause=dossier.clause),
        papers=papers if as_of >= lists.effective_from else (),
        sha256=sha256,
        reason=None if as_of >= lists.effective_from else ReasonCode.NOT_IN_FORCE,
    )


def _state(
    name: str, paper: Paper, held: frozenset[str], handed_in: frozenset[str], decided: Mapping[str, bool]
) -> PaperState:
    if name in held:
        return PaperState.ON_FILE
    if name in handed_in:
        return PaperState.RECEIVED
    if paper.needed == "always" or decided.get(name):
        return PaperState.ASKED
    return PaperState.NOT_REQUIRED if name in decided else PaperState.UNDECIDED


def _must_belong(names: Iterable[str], dossier: DossierKind) -> None:
    strange = next((name for name in sorted(names) if name not in dossier.papers), None)
    if strange is not None:
        raise InputError(
            Text(f"Hồ sơ này không có giấy tờ {strange}.", f"This dossier has no paper {strange}."),
            hint=Text(f"Gồm: {', '.join(dossier.papers)}.", f"It has: {', '.join(dossier.papers)}."),
        )


def _must_be_possible(held: frozenset[str], decided: Mapping[str, bool], lists: Checklists) -> None:
    for name in sorted(held):
        if not lists.papers[name].reusable:
            raise InputError(
                Text(f"{name} lập cho từng hồ sơ, không có sẵn.", f"{name} is made for the case and is never on file.")
            )
    for name in sorted(decided):
        if lists.papers[name].needed == "always":
            raise InputError(Text(f"{name} luôn phải có.", f"{name} is needed in any case."))


@lru_cache(maxsize=1)
def packaged_checklists() -> tuple[Checklists, str]:
    """Return the checklists that come with the product, and the hash of their file."""
    content = (resources.files("permits") / "checklists" / "dossiers-2026.yaml").read_bytes()
    return Checklists.model_validate(yaml.safe_load(content)), hashlib.sha256(content).hexdigest()
