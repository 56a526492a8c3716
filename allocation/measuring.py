"""How far: along the streets of a file as the rule of the round counts, or in a straight line for a comparison."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from allocation.intake import RoundInput, with_given_ranks
from allocation.model import NEAR_BY_LABELS, NearBy
from allocation.policy import Policy
from spatial.errors import InputError
from spatial.issues import Issue, Severity
from spatial.text import Text

Progress = Callable[[Text], None]


def must_fit_the_measure(policy: Policy, measured_by: NearBy | None, *, network: Path | None) -> None:
    """Refuse straight lines but for a comparison, and streets to measure them on.

    Parameters
    ----------
    measured_by
        How the metres of the round are measured; None where nobody said it.

    Raises
    ------
    InputError
        A straight line would decide, or ``network`` is given with straight lines.
    """
    if measured_by is not NearBy.STRAIGHT_LINE:
        return
    if not policy.is_comparison:
        raise InputError(
            Text(
                f"Quy tắc {policy.name} không xếp chỗ theo đường chim bay.",
                f"The policy {policy.name} places nobody by straight lines.",
            ),
            hint=Text(
                "Đường chim bay băng qua sông; chỉ dùng trong quy tắc có is_comparison: true, không được công bố.",
                "They cross rivers; use them in a policy with is_comparison: true, which is never published.",
            ),
            subject="--measured-by",
        )
    if network is not None:
        raise InputError(
            Text("Đường chim bay không cần tệp đường.", "Straight lines need no streets."),
            hint=Text("Bỏ --network: đo từ tọa độ.", "Leave --network out: they are measured from the points."),
            subject=network.name,
        )


def measured(
    given: RoundInput, network: Path | None, *, near_by: NearBy, storage_crs: str, progress: Progress
) -> RoundInput:
    """Return the round with its pairs measured, and the findings about homes and schools that no way leads to.

    Parameters
    ----------
    network
        File of streets; None for straight lines.
    """
    # Maps and networks cost a second to import, and a round with given distances needs neither.
    from allocation.distances import pairs_by_straight_line, pairs_on_streets  # noqa: PLC0415 - as said above
    from allocation.streets import read_network  # noqa: PLC0415 - as said above

    lines = None
    if network is None:
        progress(Text("Đo đường chim bay", "Measuring straight lines"))
        found = pairs_by_straight_line(given.applicants, given.schools)
    else:
        progress(Text("Dựng mạng đường", "Building the street network"))
        streets = read_network(network, near_by=near_by, storage_crs=storage_crs)
        progress(Text("Đo quãng đường", "Measuring the ways"))
        found = pairs_on_streets(given.applicants, given.schools, streets.network, near_by=near_by)
        lines = streets.network.edge_lines
        given.issues.extend(streets.issues)
    named = {"applicants": ", ".join(given.files[:-1]), "schools": given.schools_file}
    given.issues.extend(replace(issue, file=named.get(issue.file, issue.file)) for issue in found.issues)
    return with_given_ranks(replace(given, pairs=found.pairs, measured_by=near_by, street_lines=lines))


def note_another_measure(given: RoundInput, policy: Policy) -> None:
    """Warn when the metres were measured otherwise than the rule counts."""
    if given.measured_by is None or given.measured_by is policy.near_by:
        return
    counts, has = NEAR_BY_LABELS[policy.near_by], NEAR_BY_LABELS[given.measured_by]
    given.issues.add(
        Issue(
            severity=Severity.WARNING,
            code="measured_otherwise",
            value=given.measured_by.value,
            message=Text(
                f"Quy tắc tính {counts.vi}; quãng đường của đợt này đo {has.vi}.",
                f"The policy counts ways {counts.en}; those of this round were measured {has.en}.",
            ),
            hint=Text("Đo lại theo quy tắc, hoặc sửa near_by.", "Measure as the policy says, or change near_by."),
        )
    )
