"""A round in one call: read, solve, verify, write; the directory appears as a whole or not at all."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from allocation.figures import reasons, school_table
from allocation.intake import RoundInput
from allocation.later_round import CHANGES_FILE, LaterRound
from allocation.measuring import note_another_measure
from allocation.model import Allocation, AllocationProblem
from allocation.moves import moves
from allocation.policy import Policy
from allocation.problem_files import build_problem
from allocation.report import render_report
from allocation.result_files import CERTIFICATE_FILE, REPORT_FILE, SUMMARY_FILE, write_round
from allocation.round_findings import in_order_of_files, note_unplaced, note_what_facts_tell
from allocation.stages import Decision, decide
from allocation.used_columns import note_columns
from allocation.verify import Verification, verify_directory
from spatial.errors import InputError, VerificationError
from spatial.files import whole_directory
from spatial.text import Text

Progress = Callable[[Text], None]
"""Told what begins now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundSettings:
    """What a round is run with.

    Parameters
    ----------
    seed
        Seed of the lottery.
    any_id
        Applicant numbers are no personal IDs, and are shown unmasked.
    crs
        Coordinate system of the points, metric.
    """

    policy: Policy
    seed: str
    any_id: bool = False
    crs: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RoundResult:
    """What a round led to."""

    directory: Path
    problem: AllocationProblem
    allocation: Allocation
    summary: dict[str, Any]
    schools: pd.DataFrame
    verification: Verification


def run(
    given: RoundInput,
    *,
    settings: RoundSettings,
    directory: Path,
    later: LaterRound | None = None,
    progress: Progress = lambda _: None,
) -> RoundResult:
    """Solve, verify and write a round.

    Parameters
    ----------
    given
        Applicants, schools and admissible pairs, as `allocation.intake.read_round` or a generator gives them.
    later
        What the run is made of when it follows an earlier one.
    directory
        Is replaced as a whole when it is an earlier round, and must else be new or empty.

    Raises
    ------
    InputError
        ``directory`` holds something that is no round, or ``given`` has no pairs.
    InfeasibleError
        The policy demands what cannot be.
    VerificationError
        The result does not prove what it claims; nothing was written.
    """
    _must_be_replaceable(directory)
    pairs = given.pairs
    if pairs is None:
        raise InputError(Text("Chưa có khoảng cách.", "The distances are not known yet."))
    facts = build_problem(given.applicants, given.schools, pairs, seed=settings.seed)
    note_what_facts_tell(given, facts)
    note_columns(given, settings.policy)
    note_another_measure(given, settings.policy)
    progress(Text("Xếp chỗ", "Placing"))
    decision = decide(facts, settings.policy)
    _note_unplaced(given, decision)
    with whole_directory(directory, is_private=True) as temporary:
        progress(Text("Ghi kết quả", "Writing"))
        summary = _write(temporary, given, decision, settings=settings, later=later)
        progress(Text("Kiểm chứng", "Verifying"))
        verification = verify_directory(temporary)
        if verification.failures:
            raise VerificationError(verification.failures[0], subject=directory.name)
    return RoundResult(
        directory=directory,
        problem=decision.problem,
        allocation=decision.allocation,
        summary=summary,
        schools=school_table(decision.problem, decision.allocation),
        verification=verification,
    )


def _note_unplaced(given: RoundInput, decision: Decision) -> None:
    problem, allocation = decision.problem, decision.allocation
    if allocation.placed_count < problem.applicant_count:
        found = reasons(problem, allocation, decision.policy)
        note_unplaced(given, decision.facts, problem, pool=allocation.pool, reasons=found)
    given.issues.issues[:] = in_order_of_files(given.issues, given.files)


def _write(
    directory: Path, given: RoundInput, decision: Decision, *, settings: RoundSettings, later: LaterRound | None
) -> dict[str, Any]:
    """Write every file of the round, and return the summary."""
    if later is not None:
        (directory / CHANGES_FILE).write_bytes(later.log_bytes)
    summary = write_round(
        directory,
        decision,
        seed=settings.seed,
        any_id=settings.any_id,
        issues=given.issues,
        set_aside_count=given.set_aside_count,
        places=given.schools,
        crs=settings.crs,
        measured_by=given.measured_by,
        after=None if later is None else moves(later, decision),
    )
    report = render_report(given, decision, summary=summary, crs=settings.crs)
    (directory / REPORT_FILE).write_bytes(report.encode())
    return summary


def _must_be_replaceable(directory: Path) -> None:
    """Refuse to replace what is not an earlier round: ``--out .`` must not cost anybody a folder."""
    if not directory.exists():
        return
    is_earlier_round = (directory / SUMMARY_FILE).is_file() and (directory / CERTIFICATE_FILE).is_file()
    if directory.is_dir() and (is_earlier_round or not any(directory.iterdir())):
        return
    raise InputError(
        Text("Nơi ghi đã có và không phải một đợt xét.", "The target exists and is no earlier round."),
        hint=Text("Chọn một thư mục mới.", "Choose a new directory."),
        subject=str(directory),
    )
