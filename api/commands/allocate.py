"""``diaban allocate``, ``verify`` and ``explain``: a round from files, its proof, and its reasons."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from allocation.explain import Explanation, as_data
from allocation.explain import explain as explain_applicant
from allocation.explain_sentences import metres
from allocation.intake import IntakeOptions, RoundInput, RoundPaths, read_files
from allocation.lottery import must_match_commitment
from allocation.measuring import measured, must_fit_the_measure
from allocation.model import LEVEL_LABELS, NEAR_BY_LABELS, NearBy
from allocation.policy import DEFAULT_POLICY, Policy, load_policy
from allocation.result_files import SUMMARY_FILE
from allocation.round import RoundResult, RoundSettings, run
from allocation.verify import verify_directory
from allocation.verify_after import OF_FORERUNNER
from allocation.verify_chain import CHAIN_CLAIM, check_chain
from api.commands.options import JsonOption
from api.console import Head, plain_table, print_json, results, said, say, say_issue_counts, say_issues, telling
from api.settings import settings
from spatial.errors import InputError, VerificationError
from spatial.issues import IssueReport, Severity
from spatial.text import Text

if TYPE_CHECKING:
    from basemap.geocode import Geocoder

Say = Callable[[Text], None]
_LATER_FILES = ("schools", "distances", "network", "preferences", "priorities")

OutOption = Annotated[Path, typer.Option(help="Directory for the result.", show_default=False)]
ApplicantsOption = Annotated[
    list[Path] | None, typer.Option(help="File of applicants, CSV or Parquet; may be given several times.")
]
PolicyOption = Annotated[
    str | None, typer.Option(help="Name of a policy, or a YAML file.", show_default=DEFAULT_POLICY)
]
MeasuredByOption = Annotated[
    NearBy | None, typer.Option(help="How the metres of --distances were measured, or --network measures them.")
]
AnyIdOption = Annotated[bool, typer.Option("--any-id", help="Any unique text is an applicant number.")]
RoundArgument = Annotated[Path, typer.Argument(help="Directory that `allocate` wrote.", show_default=False)]


def allocate(  # noqa: PLR0913 - each is one word of the command line
    *,
    applicants: ApplicantsOption = None,
    schools: Annotated[Path | None, typer.Option(help="File of schools, CSV or Parquet.")] = None,
    out: OutOption,
    distances: Annotated[Path | None, typer.Option(help="File of distances: the admissible pairs.")] = None,
    network: Annotated[Path | None, typer.Option(help="File of streets, to measure the ways.")] = None,
    measured_by: MeasuredByOption = None,
    preferences: Annotated[Path | None, typer.Option(help="File of preferences, where the policy asks.")] = None,
    priorities: Annotated[Path | None, typer.Option(help="File of priorities, where the policy asks.")] = None,
    policy: PolicyOption = None,
    level: Annotated[str | None, typer.Option(help="Only this level.")] = None,
    seed: Annotated[str | None, typer.Option(help="Seed of the lottery.", show_default="0")] = None,
    seed_sha256: Annotated[str | None, typer.Option(help="Hash of the seed, as published before the round.")] = None,
    crs: Annotated[str | None, typer.Option(help="Coordinate system of the columns x, y.")] = None,
    any_id: AnyIdOption = False,
    after: Annotated[Path | None, typer.Option(help="Directory of the earlier run that this one follows.")] = None,
    changes: Annotated[Path | None, typer.Option(help="With --after: who confirmed, declined, moved, …")] = None,
    as_json: JsonOption = False,
) -> None:
    """Place applicants in schools by a policy, prove the result, and write it to a directory."""
    if after is not None or changes is not None:
        from api.commands.allocate_after import AfterCommand, RuleOfRun, allocate_after  # noqa: PLC0415 - it builds on this module

        files = dict(zip(_LATER_FILES, (schools, distances, network, preferences, priorities), strict=True))
        command = AfterCommand(after=after, changes=changes, out=out, applicants=tuple(applicants or ()), files=files)
        decided_by = RuleOfRun(policy=policy, seed=seed, seed_sha256=seed_sha256, measured_by=measured_by)
        allocate_after(command, decided_by, crs=crs, as_json=as_json)
        return
    if not applicants or schools is None:
        raise missing_option("--schools" if applicants else "--applicants")
    rule, seed = load_policy(policy or DEFAULT_POLICY), drawn_seed(seed or "0", seed_sha256)
    must_fit_the_policy(preferences=preferences, priorities=priorities, policy=rule)
    near_by = _way_of(rule, measured_by, distances=distances, network=network)
    is_measured = _must_have_pairs(distances, network, preferences, near_by=near_by)
    paths = RoundPaths(applicants=tuple(applicants), schools=schools, distances=distances, preferences=preferences,
                       priorities=priorities, is_measured=is_measured)  # fmt: skip
    with telling() as tell:
        tell(Text("Đọc tệp", "Reading"))
        given = read_files(paths, options=replace(intake_options(rule), any_id=any_id, level=level, crs=crs))
        given = _with_ways(given, network, near_by=near_by, is_measured=is_measured, tell=tell)
        _must_not_replace_by_nobody(given, out)
        result = run(given, settings=_of_round(rule, seed, any_id=any_id), directory=out, progress=tell)
    say_findings(given.issues, written_to=str(out / "issues.csv"))
    show_result(result, as_json=as_json)
    if given.applicants.empty:
        raise _no_applicant(given, kept=None)


def _of_round(rule: Policy, seed: str, *, any_id: bool) -> RoundSettings:
    return RoundSettings(policy=rule, seed=seed, any_id=any_id, crs=settings().crs)


def _with_ways(
    given: RoundInput, network: Path | None, *, near_by: NearBy | None, is_measured: bool, tell: Say
) -> RoundInput:
    """Return the round with its ways measured, or with what was said of those in a file."""
    if is_measured and near_by is not None:
        return measured(given, network, near_by=near_by, storage_crs=settings().crs, progress=tell)
    return replace(given, measured_by=near_by)


def _way_of(
    policy: Policy, measured_by: NearBy | None, *, distances: Path | None, network: Path | None
) -> NearBy | None:
    """Return how the metres of the round are measured; None where they come in a file and nobody said it."""
    if measured_by is None and distances is None and (network or policy.near_by is NearBy.STRAIGHT_LINE):
        measured_by = policy.near_by
    must_fit_the_measure(policy, measured_by, network=network)
    return measured_by


def drawn_seed(seed: str, seed_sha256: str | None) -> str:
    """Return the seed, which must match its published hash if one is given."""
    if seed_sha256 is not None:
        must_match_commitment(seed, seed_sha256)
    return seed


def missing_option(name: str) -> InputError:
    """Return the refusal of a command without an option that it needs."""
    return InputError(Text(f"Còn thiếu {name}.", f"{name} is missing."))


AfterOption = Annotated[Path | None, typer.Option(help="Directory of the earlier run that this one must follow.")]


def verify(directory: RoundArgument, *, after: AfterOption = None, as_json: JsonOption = False) -> None:
    """Check from its files alone that a round proves what it claims; with --after also that it follows another."""
    verification = verify_directory(directory)
    if after is not None:
        chain = tuple(check_chain(directory, after))
        unproven = (name for name in verification.not_checked if not name.startswith(OF_FORERUNNER))
        verification = replace(
            verification,
            claims=(*verification.claims, CHAIN_CLAIM),
            failures=(*verification.failures, *chain),
            not_checked=tuple(unproven),
        )
    language = settings().language
    if as_json:
        content = {
            "verified": verification.passed,
            "claims": [claim._asdict() for claim in verification.claims],
            "failures": [failure._asdict() for failure in verification.failures],
            "not_checked": list(verification.not_checked),
            "not_applicable": [claim._asdict() for claim in verification.not_applicable],
        }
        print_json(content)
    elif verification.passed:
        for claim in verification.claims:
            results.print(f"✓ {claim.in_language(language)}", markup=False)
        rest = ", ".join(verification.not_checked)
        say(Text(f"Không chứng minh được, nên không kiểm: {rest}.", f"Cannot be proven, and was not checked: {rest}."))
    if not verification.passed:
        for failure in verification.failures:
            say(failure)
        raise VerificationError(
            Text("Kết quả không được chứng minh.", "The result is not proven."),
            hint=Text("Không dùng kết quả này; chạy lại allocate.", "Do not use it; run allocate again."),
            subject=str(directory),
        )


def explain(
    directory: RoundArgument,
    applicant_no: Annotated[str, typer.Argument(help="Number of the applicant.", show_default=False)],
    *,
    as_json: JsonOption = False,
) -> None:
    """Say where an applicant is placed, how far, and why not in a nearer school."""
    explanation = explain_applicant(directory, applicant_no)
    if as_json:
        print_json(as_data(explanation))
        return
    _print_explanation(explanation)


def say_findings(issues: IssueReport, *, written_to: str) -> None:
    """Print the first findings, those that set a record aside before the others, and how many there are of each."""
    grave = list(Severity)
    say_issues(IssueReport(sorted(issues, key=lambda issue: grave.index(issue.severity))), written_to=written_to)
    say_issue_counts(issues)


def _must_not_replace_by_nobody(given: RoundInput, out: Path) -> None:
    """Refuse to put a round without applicants in the place of an earlier one."""
    if given.applicants.empty and (out / SUMMARY_FILE).exists():
        say_findings(given.issues, written_to="--out")
        raise _no_applicant(given, kept=out)


def _no_applicant(given: RoundInput, *, kept: Path | None) -> InputError:
    """Return the refusal of a round of nobody; an earlier round at ``kept`` stays what it is."""
    hint = Text("Xem issues.csv.", "See issues.csv.")
    if kept is not None:
        hint = Text(
            f"Đợt xét đã có trong {kept} được giữ nguyên; chọn --out khác để có issues.csv.",
            f"The earlier round in {kept} stays as it was; choose another --out to get issues.csv.",
        )
    return InputError(
        Text("Không hồ sơ nào dùng được.", "No applicant could be used."), hint=hint, subject=given.files[0]
    )


def intake_options(policy: Policy) -> IntakeOptions:
    """Return how files are read for a round under this policy."""
    return IntakeOptions(storage_crs=settings().crs, open_geocoder=_published_geocoder, policy=policy)


def must_fit_the_policy(*, preferences: Path | None, priorities: Path | None, policy: Policy) -> None:
    """Refuse a file of ranks that the policy does not look at, and a policy that waits for one that is not given."""
    for name, path, is_asked, is_needed in (
        ("--preferences", preferences, policy.asks_for_preferences, policy.needs_preferences),
        ("--priorities", priorities, policy.asks_for_priorities, policy.needs_strict_priorities),
    ):
        if path is not None and not is_asked:
            raise InputError(
                Text(f"Quy tắc {policy.name} không dùng {name}.", f"The policy {policy.name} does not use {name}."),
                hint=Text(f"Bỏ {name}, hoặc chọn quy tắc khác.", f"Leave {name} out, or choose another policy."),
                subject=str(path),
            )
        if path is None and is_needed:
            raise InputError(
                Text(f"Quy tắc {policy.name} cần tệp {name}.", f"The policy {policy.name} needs the file {name}."),
                hint=Text(f"Thêm {name}, hoặc chọn quy tắc khác.", f"Add {name}, or choose another policy."),
            )


def _must_have_pairs(
    distances: Path | None, network: Path | None, preferences: Path | None, *, near_by: NearBy | None
) -> bool:
    """Return whether the ways are to be measured; refuse a round that has no pairs, or two sources of them."""
    is_measured = distances is None and (network is not None or near_by is NearBy.STRAIGHT_LINE)
    given = (distances is not None) + (network is not None)
    if given == 1 or (given == 0 and (preferences is not None or is_measured)):
        return is_measured
    raise InputError(
        Text("Cần đúng một trong hai: --distances hoặc --network.", "Give either --distances or --network."),
        hint=Text(
            "Tệp khoảng cách, hoặc tệp đường để đo; chỉ khi có --preferences mới bỏ được cả hai.",
            "A file of distances, or of streets to measure on; with --preferences alone both may be left out.",
        ),
    )


def _published_geocoder() -> "Geocoder":
    from api.commands.geocode import published_geocoder  # noqa: PLC0415 - a store is opened for addresses alone

    return published_geocoder()


_HEADS = (
    Head(text=Text("cấp", "level")),
    Head(text=Text("hồ sơ", "children"), is_number=True),
    Head(text=Text("chỗ học", "seats"), is_number=True),
    Head(text=Text("có chỗ", "placed"), is_number=True),
    Head(text=Text("chưa có chỗ", "unplaced"), is_number=True),
    Head(text=Text("trung bình (m)", "mean (m)"), is_number=True),
    Head(text=Text("xa nhất (m)", "farthest (m)"), is_number=True),
    Head(text=Text("trường gần nhất", "at the nearest"), is_number=True),
)


def show_result(result: RoundResult, *, as_json: bool) -> None:
    """Print the figures of a round by level, or its summary as JSON."""
    if as_json:
        print_json({**result.summary, "verified": result.verification.passed})
        return
    table = plain_table(_HEADS)
    for row in result.summary["levels"]:
        share = "" if row["share_nearest"] is None else f"{row['share_nearest']:.1%}"
        mean = "" if row["mean_distance_m"] is None else f"{row['mean_distance_m']:.0f}"
        counts = (str(row[name]) for name in ("applicants", "seats", "placed", "unplaced"))
        farthest = str(row["max_distance_m"] or "")
        table.add_row(said(LEVEL_LABELS[row["level"]]), *counts, mean, farthest, share)
    results.print(table)
    _tell_cost_of_groups(result)
    total = metres(int(result.summary["total_distance_m"]))
    way = result.summary["measured_by"]
    label = Text("", "") if way is None else NEAR_BY_LABELS[way]
    how = Text(f" {label.vi}".rstrip(), f" {label.en}".rstrip())
    say(
        Text(
            f"Tổng quãng đường {total.vi}{how.vi}; đã kiểm chứng; kết quả ở {result.directory}.",
            f"Total distance {total.en}{how.en}; verified; the result is in {result.directory}.",
        )
    )


def _tell_cost_of_groups(result: RoundResult) -> None:
    cost = result.summary.get("together")
    if cost is None:
        return
    fewer, more_m = cost["fewer_placed"], cost["more_distance_m"]
    far = metres(abs(more_m))
    differ = Text(f"thêm {far.vi}", f"{far.en} more") if more_m >= 0 else Text(f"bớt {far.vi}", f"{far.en} less")
    bound_m = metres(cost["bound_total_distance_m"])
    say(
        Text(
            f"Xếp anh chị em cùng một trường: khi không có quy tắc này, tốt nhất là {cost['bound_placed']} em có chỗ, "
            f"tổng {bound_m.vi}; ở đây ít hơn {fewer} em, tổng quãng đường {differ.vi}.",
            f"Placing siblings in one school: the best without that rule is {cost['bound_placed']} placed, "
            f"{bound_m.en} in all; here {fewer} fewer placed, {differ.en}.",
        )
    )
    if cost["is_optimal"]:
        say(Text("Không cách xếp nào giữ trọn các nhóm mà tốt hơn (CP-SAT).",
                 "No placement with whole groups is better (CP-SAT)."))  # fmt: skip
    else:
        say(Text("Chưa chứng minh được là tốt nhất: phần chênh là mức nhiều nhất mà quy tắc này có thể gây ra.",
                 "Not proven to be the best: the difference is the most that the rule can cost."))  # fmt: skip


def _print_explanation(explanation: Explanation) -> None:
    language = settings().language
    school = explanation.school_name or Text("chưa có trường", "no school yet").in_language(language)
    results.print(f"{explanation.shown_as}: {school}", markup=False)
    for sentence in explanation.sentences:
        results.print(sentence.in_language(language), markup=False)
    for nearer in explanation.nearer:
        far = metres(nearer.distance_m).in_language(language)
        results.print(f"  {far}  {nearer.name}: {nearer.sentence.in_language(language)}", markup=False)
