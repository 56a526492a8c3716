"""``diaban allocate --after``: the next run of a round, after families and schools have changed."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from allocation.former_round import FormerRound, read_former_round
from allocation.intake import RoundInput
from allocation.later_files import LaterPaths, Measure, read_news
from allocation.later_round import next_round
from allocation.measuring import measured, must_fit_the_measure
from allocation.model import NEAR_BY_LABELS, NearBy
from allocation.policy import Policy, load_policy
from allocation.round import RoundSettings, run
from allocation.verify import verify_directory
from api.commands.allocate import (
    drawn_seed,
    intake_options,
    missing_option,
    must_fit_the_policy,
    say_findings,
    show_result,
)
from api.console import say, telling
from api.settings import settings
from spatial.errors import InputError, VerificationError
from spatial.text import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class AfterCommand:
    """The files that the command line names; in ``files`` by the name of the option."""

    after: Path | None
    changes: Path | None
    out: Path
    applicants: tuple[Path, ...]
    files: Mapping[str, Path | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleOfRun:
    """By what the next run is decided, where it is said anew: rule, draw, and how late ways are measured."""

    policy: str | None
    seed: str | None
    seed_sha256: str | None
    measured_by: NearBy | None


def allocate_after(command: AfterCommand, rule_of_run: RuleOfRun, *, crs: str | None, as_json: bool) -> None:
    """Run the next round; policy and seed are those of the earlier run unless they are given."""
    if command.after is None or command.changes is None:
        raise missing_option("--after" if command.after is None else "--changes")
    _must_not_replace(command)
    former = _proven(command.after)
    rule = former.policy if rule_of_run.policy is None else load_policy(rule_of_run.policy)
    drawn = drawn_seed(former.seed if rule_of_run.seed is None else rule_of_run.seed, rule_of_run.seed_sha256)
    network = command.files["network"]
    near_by = _one_measure(former, rule, rule_of_run.measured_by, command)
    is_measured = command.files["distances"] is None and (network is not None or near_by is NearBy.STRAIGHT_LINE)
    _must_know_the_ways(command, is_measured=is_measured)
    paths = _paths(command, command.changes, rule)
    crs_of_round = former.crs or settings().crs
    with telling() as tell:

        def measure(given: RoundInput) -> RoundInput:
            way = near_by or rule.near_by
            return measured(given, network, near_by=way, storage_crs=crs_of_round, progress=tell)

        tell(Text("Đọc tệp", "Reading"))
        options = replace(intake_options(rule), crs=crs, storage_crs=crs_of_round)
        chosen: Measure | None = measure if is_measured else None
        news, issues = read_news(former, paths, options=options, measure=chosen)
        later = next_round(former, news, policy=rule, seed=drawn)
        later.given.issues.issues[:0] = issues
        chosen_settings = RoundSettings(policy=rule, seed=drawn, any_id=former.any_id, crs=crs_of_round)
        result = run(later.given, settings=chosen_settings, directory=command.out, later=later, progress=tell)
    say_findings(later.given.issues, written_to=str(command.out / "issues.csv"))
    show_result(result, as_json=as_json)
    if not as_json:
        say_moves(result.summary["after"])


def _must_not_replace(command: AfterCommand) -> None:
    """Refuse to write over the earlier run."""
    if command.after is not None and command.out.resolve() == command.after.resolve():
        raise InputError(
            Text("--out không được là thư mục của đợt trước.", "--out must not be the directory of the earlier run."),
            hint=Text("Chọn một thư mục mới.", "Choose a new directory."),
            subject=str(command.out),
        )


def _must_know_the_ways(command: AfterCommand, *, is_measured: bool) -> None:
    """Refuse late applicants whose ways nobody knows."""
    ways = [command.files["distances"], command.files["network"]]
    if all(ways) or (command.applicants and not any(ways) and not is_measured):
        raise InputError(
            Text("Cần đúng một trong hai: --distances hoặc --network.", "Give either --distances or --network."),
            hint=Text("Tệp khoảng cách, hoặc tệp đường để đo.", "A file of distances, or of streets to measure on."),
        )


def _one_measure(
    former: FormerRound, policy: Policy, measured_by: NearBy | None, command: AfterCommand
) -> NearBy | None:
    """Return how the ways of the round are measured: in every run alike, or nobody could compare two children."""
    if measured_by is None:
        measured_by = former.measured_by
    elif former.measured_by is not None and measured_by is not former.measured_by:
        own, new = NEAR_BY_LABELS[former.measured_by], NEAR_BY_LABELS[measured_by]
        raise InputError(
            Text(f"Đợt trước đo {own.vi}, không phải {new.vi}.", f"The earlier run measured {own.en}, not {new.en}."),
            hint=Text("Một đợt xét chỉ dùng một cách đo.", "A round has one way of measuring; measure the same way."),
            subject="--measured-by",
        )
    must_fit_the_measure(policy, measured_by, network=command.files["network"])
    return measured_by


def _proven(directory: Path) -> FormerRound:
    """Return the earlier run, which must be one that proves what it claims."""
    failures = verify_directory(directory).failures
    if failures:
        raise VerificationError(failures[0], subject=str(directory))
    return read_former_round(directory)


def _paths(command: AfterCommand, changes: Path, policy: Policy) -> LaterPaths:
    files = command.files
    if command.applicants:
        must_fit_the_policy(preferences=files["preferences"], priorities=files["priorities"], policy=policy)
    return LaterPaths(
        changes=changes,
        applicants=command.applicants,
        schools=files["schools"],
        distances=files["distances"],
        preferences=files["preferences"],
        priorities=files["priorities"],
    )


def say_moves(after: dict[str, Any]) -> None:
    """Say in one or two lines who moved."""
    say(
        Text(
            f"So với đợt trước: {after['kept']} em giữ chỗ, {after['better']} em được chỗ tốt hơn "
            f"(bớt {after['metres_saved']} m), {after['worse']} em kém hơn, {after['newly_placed']} em mới có chỗ.",
            f"Since the earlier run: {after['kept']} kept their seat, {after['better']} got a better one "
            f"({after['metres_saved']} m saved), {after['worse']} a worse one, {after['newly_placed']} were placed.",
        )
    )
    say(
        Text(
            f"Rời đợt {after['left']}, trả chỗ và xét lại {after['gave_up']}, nộp muộn {after['late']}, mất chỗ vì "
            f"trường bớt chỗ {after['lost']} (có chỗ lại {after['placed_again']}), chưa có {after['still_without']}.",
            f"Left {after['left']}, gave up and placed again {after['gave_up']}, late {after['late']}, lost because a "
            f"school has fewer seats {after['lost']} (placed again {after['placed_again']}), still without "
            f"{after['still_without']}.",
        )
    )
