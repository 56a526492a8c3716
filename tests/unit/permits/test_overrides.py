"""A finding overruled by an officer: a reason is needed, both results stay, and an earlier state decides nothing."""

from datetime import UTC, date, datetime

import pytest
from plots import CRS, Layers, checked, layers, plot, proposed

from basemap.model import LayerName
from permits.answers import LayerSource
from permits.check import Check
from permits.facts import Ground, facts_of
from permits.model import Verdict
from permits.overrides import Override, beside, decide, keyed_findings, verdict_with
from permits.proposal import read_proposal
from spatial.errors import ConflictError, InputError, NotFoundError

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
RIVER = "river.corridor:river_corridor"
WHY = "The water authority agreed in writing, 12/CV."


def by_a_river() -> Check:
    return checked(plot(layers(river_m=2.0)), proposed())


def decided(outcome: Check, key: str = RIVER, verdict: Verdict = Verdict.COMPLIES, *, reason: str = WHY) -> Override:
    return decide(outcome, key, verdict, reason=reason, decided_by="lan", decided_at=NOW)


def test_an_override_changes_the_verdict_on_the_whole_and_leaves_that_of_the_program() -> None:
    outcome = by_a_river()
    overruled = beside(outcome, [decided(outcome)])
    assert (outcome.verdict, verdict_with(outcome, overruled)) == (Verdict.NEEDS_REVIEW, Verdict.COMPLIES)
    assert keyed_findings(outcome)[RIVER].verdict is Verdict.NEEDS_REVIEW
    told = overruled[0].to_json(for_officers=True)
    assert (told["old_verdict"], told["new_verdict"]) == ("NEEDS_REVIEW", "COMPLIES")
    assert (told["reason"], told["decided_by"]) == (WHY, "lan")


def test_the_public_sees_what_was_decided_and_not_why_or_by_whom() -> None:
    outcome = by_a_river()
    told = beside(outcome, [decided(outcome)])[0].to_json(for_officers=False)
    assert told["new_verdict"] == "COMPLIES"
    assert not {"reason", "decided_by"} & set(told)


@pytest.mark.parametrize("reason", ["", "   ok    ", "x" * 2001])
def test_a_reason_is_needed(reason: str) -> None:
    with pytest.raises(InputError, match="reason"):
        decided(by_a_river(), reason=reason)


def test_a_finding_that_does_not_exist_is_refused_with_those_that_do() -> None:
    with pytest.raises(NotFoundError) as refused:
        decided(by_a_river(), "max_flors")
    assert refused.value.hint is not None
    assert "max_floors" in refused.value.hint.en


def test_what_the_finding_says_already_and_not_applicable_are_no_decisions() -> None:
    with pytest.raises(ConflictError):
        decided(by_a_river(), "max_floors", Verdict.COMPLIES)
    with pytest.raises(InputError):
        decided(by_a_river(), "max_floors", Verdict.NOT_APPLICABLE)


def test_another_proposal_or_pack_makes_an_override_one_of_an_earlier_state() -> None:
    outcome = by_a_river()
    kept = [decided(outcome), decided(outcome, "max_floors", Verdict.VIOLATES)]
    lower = checked(plot(layers(river_m=2.0)), proposed(floors=3))
    assert [each.is_current for each in beside(lower, kept)] == [False, False]
    assert verdict_with(lower, beside(lower, kept)) is Verdict.NEEDS_REVIEW
    before = checked(plot(layers(river_m=2.0)), proposed(), rulebook="hcmc-row-houses", as_of=date(2026, 11, 20))
    assert [each.is_current for each in beside(before, kept)] == [True, True]


def test_another_layer_version_makes_an_override_one_of_an_earlier_state() -> None:
    loaded: Layers = layers(river_m=2.0)

    def with_version(version_id: int) -> Check:
        source = LayerSource(version_id=version_id, source_file="song.gpkg", source_sha256="0" * 64)
        ground = Ground(loaded, crs=CRS, sources={LayerName.RIVER_CORRIDOR: source})
        return checked(facts_of(plot(loaded).parcel, ground), proposed())

    first = with_version(1)
    assert beside(first, [decided(first)])[0].is_current
    assert not beside(with_version(2), [decided(first)])[0].is_current


def test_the_last_decision_about_a_finding_counts_and_the_first_stays() -> None:
    outcome = by_a_river()
    kept = [decided(outcome), decided(outcome, verdict=Verdict.VIOLATES)]
    overruled = beside(outcome, kept)
    assert [each.is_current for each in overruled] == [False, True]
    assert verdict_with(outcome, overruled) is Verdict.VIOLATES


def test_the_keys_of_findings_are_unique_and_name_the_layer() -> None:
    outcome = checked(plot({}), read_proposal({"floors": 3}))
    keys = keyed_findings(outcome)
    assert len(keys) == len(outcome.findings)
    assert {"river.corridor:river_corridor", "heritage.area:heritage_area"} <= set(keys)
