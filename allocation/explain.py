"""Why each child has this school, and why not a nearer one: in sentences and as data."""

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow.csv as pa_csv

from allocation import explain_sentences as sentences
from allocation.explain_lists import Lists, lists_of
from allocation.explain_model import Explanation, NamedSchool, NearerSchool, WhyNot, as_data
from allocation.explain_reasons import Reasons
from allocation.explain_round import FinishedRound, finished_round
from allocation.model import UNPLACED, Reason
from allocation.personal_id import mask, normalise
from allocation.quota_rules import TierSeats
from allocation.round_files import RoundFiles, UnreadableError, read_directory
from allocation.seat_pools import HELD_TIER
from spatial.errors import InputError, NotFoundError
from spatial.text import NO_TEXT, Text, to_nfc

__all__ = ["Explanation", "NearerSchool", "RoundBook", "WhyNot", "as_data", "explain", "explain_everybody"]

_NAMED_IN = ("attended_school", "sibling_school", "home_school", "held_school")


def explain(directory: Path, applicant_no: str) -> Explanation:
    """Explain one application of a round.

    Raises
    ------
    InputError
        The directory holds no readable round.
    NotFoundError
        The round has no such applicant.
    """
    book = RoundBook.read(directory)
    row = book.row_of(to_nfc(applicant_no))
    if row is None:
        row = book.row_of(normalise(applicant_no))
    if row is None:
        raise NotFoundError(
            Text("Đợt này không có hồ sơ đó.", "This round has no such applicant."),
            hint=Text("Kiểm tra lại số, và tệp issues.csv.", "Check the number, and issues.csv."),
            subject=directory.name,
        )
    return book.explain(row)


def explain_everybody(directory: Path) -> Iterator[Explanation]:
    """Explain every application of a round, in the order of the numbers. Raises InputError as `explain` does."""
    book = RoundBook.read(directory)
    for row in range(book.applicant_count):
        yield book.explain(row)


class RoundBook:
    """A round's files, indexed so that single applications are found and reckoned quickly.

    Parameters
    ----------
    files
        The files of a round that was verified.
    names
        Names of the schools by school_code and level.
    withholds_small_counts
        Whether a family reads no metres of a last one admitted among fewer than five: what is published as a letter
        or page can be passed on. An officer reads all.
    """

    def __init__(
        self, files: RoundFiles, *, names: dict[tuple[str, str], str], withholds_small_counts: bool = False
    ) -> None:
        self.files, self.names = files, names
        self._round: FinishedRound = finished_round(files)
        self._reasons = Reasons(self._round, withholds_small_counts=withholds_small_counts)
        self._row_of = {number: row for row, number in enumerate(files.applicants["applicant_no"])}
        offer_of = {number: row for row, number in enumerate(files.offers["applicant_no"])}
        self._offer = [offer_of[number] for number in self._row_of]

    @classmethod
    def read(cls, directory: Path, *, withholds_small_counts: bool = False) -> "RoundBook":
        """Read the round in a directory. Raises InputError when it holds no readable one."""
        try:
            files, names = read_directory(directory), _names_of(directory)
            return cls(files, names=names, withholds_small_counts=withholds_small_counts)
        except UnreadableError as error:
            raise InputError(error.text, subject=str(directory)) from error
        except (LookupError, TypeError, ValueError) as error:
            raise _malformed(directory) from error

    @property
    def applicant_count(self) -> int:
        """Number of applicants of the round."""
        return len(self._row_of)

    def row_of(self, applicant_no: str) -> int | None:
        """Return the row of an applicant in the problem, or None."""
        return self._row_of.get(applicant_no)

    def explain(self, row: int) -> Explanation:
        """Explain the application in this row of the problem."""
        finished, files = self._round, self.files
        number, level = files.applicants["applicant_no"][row], files.applicants["level"][row]
        own = self._own_fact(row)
        pool = int(finished.allocation.pool[row])
        code = str(finished.problem.pool_school_code[pool]) if own is not None else ""
        nearer = tuple(self._nearer(row, fact) for fact in self._lists.before_own(row))
        reason = Reason(files.offers["reason"][self._offer[row]])
        rank = int(finished.facts.pair_preference[own]) or None if own is not None else None
        distance_m = int(finished.facts.pair_distance_m[own]) if own is not None else None
        named = tuple(self._named(row))
        first = sentences.summary_sentence(reason, distance_m, len(nearer), rank)
        return Explanation(
            applicant_no=number,
            shown_as=number if files.summary.get("any_id") is True else mask(number),
            level=level,
            school_code=code,
            school_name=self.names.get((code, level), code),
            seat_group=str(finished.problem.pool_seat_group[pool]) if own is not None else "",
            distance_m=distance_m,
            stage=int(finished.allocation.stage[row]) or None,
            tier=self._tier(row),
            preference_rank=rank,
            reason=reason,
            sentences=(first, *self._further(row, nearer), *(one.sentence for one in named)),
            nearer=nearer,
            named=named,
        )

    @cached_property
    def _lists(self) -> Lists:
        return lists_of(self._round)

    def _own_fact(self, row: int) -> int | None:
        """Return the pair of the facts with the school that was given, or None."""
        own = int(self._lists.own[row])
        return None if own == UNPLACED else own

    def _nearer(self, row: int, fact: int) -> NearerSchool:
        finished, facts = self._round, self._round.facts
        pool = int(facts.pair_pool[fact])
        code, level = str(facts.pool_school_code[pool]), str(facts.pool_level[pool])
        refusal = self._reasons.why_not(row, fact)
        position = self._waiting.get((str(facts.applicant_no[row]), code))
        told = refusal.sentence if position is None else sentences.joined(refusal.sentence, sentences.waiting(position))
        return NearerSchool(
            school_code=code,
            name=self.names.get((code, level), code),
            distance_m=int(facts.pair_distance_m[fact]),
            capacity=int(facts.pool_capacity[pool]),
            placed=int(self._placed[pool]),
            why_not=refusal.why_not,
            sentence=told,
            preference_rank=(int(facts.pair_preference[fact]) or None) if finished.asks_for_wishes else None,
            stage=refusal.stage,
            own=refusal.own,
            last=refusal.last,
            decided_by=refusal.decided_by,
            extra_m=refusal.extra_m,
            limit_m=refusal.limit_m,
            waiting_position=position,
        )

    @cached_property
    def _placed(self) -> list[int]:
        pool = self._round.allocation.pool
        schools = pool[pool != UNPLACED] // self._round.pools_a_school
        return [int(count) for count in np.bincount(schools, minlength=self._round.facts.pool_count)]

    @cached_property
    def _waiting(self) -> dict[tuple[str, str], int]:
        """The best position of each applicant in the waiting lists of each school."""
        table = self.files.waiting_lists
        found: dict[tuple[str, str], int] = {}
        for number, code, position in zip(table["applicant_no"], table["school_code"], table["position"], strict=True):
            found[number, code] = min(int(position), found.get((number, code), int(position)))
        return found

    def _tier(self, row: int) -> int | None:
        """Return the tier by which the seat was given; None without a seat or where it was held before."""
        tier = int(self._lists.tier[row])
        return None if tier in {UNPLACED, HELD_TIER} else tier

    def _further(self, row: int, nearer: tuple[NearerSchool, ...]) -> Iterator[Text]:
        """Yield what else is to be said: tier, stage, seat group, siblings, waiting lists."""
        finished, pool = self._round, int(self._round.allocation.pool[row])
        if pool == UNPLACED:
            if any(one.waiting_position is not None for one in nearer):
                yield sentences.waiting_below()
            return
        tier, stage = self._tier(row), int(finished.allocation.stage[row])
        is_kept = finished.facts.held_pool[row] == pool // finished.pools_a_school
        if is_kept and not finished.problem.is_confirmed[row]:
            yield sentences.kept_seat()
        elif tier is not None and finished.has_several_tiers:
            yield sentences.tier_here(tier, finished.tier_titles.get(tier, NO_TEXT))
        group = str(finished.problem.pool_seat_group[pool])
        kind = next((one for one in finished.policy.kept_seats if one.code == group), None)
        if kind is not None and not (isinstance(kind, TierSeats) and tier not in kind.first_tiers):
            yield sentences.in_group(kind.title.text)
        if finished.problem.together[row] != UNPLACED:
            yield sentences.with_siblings(len(finished.members[int(finished.problem.together[row])]) - 1)
        if len(finished.policy.stages) > 1 and not is_kept:
            yield sentences.by_stage(stage, len(finished.policy.stages), finished.policy.stages[stage - 1].kind)

    def _named(self, row: int) -> Iterator[NamedSchool]:
        """Yield the schools that the application names and that are no pair of it."""
        facts, level = self._round.facts, str(self._round.facts.applicant_level[row])
        cells = (self.files.applicants[name][row] for name in _NAMED_IN if name in self.files.applicants)
        codes = {word.strip() for cell in cells for word in cell.split(";")} - {""}
        if not codes:
            return
        span = slice(self._round.first_fact[row], self._round.first_fact[row + 1])
        reached = set(facts.pool_school_code[facts.pair_pool[span]].tolist())
        for code in sorted(codes - reached):
            if code not in self._levels_of:
                continue
            has_level = level in self._levels_of[code]
            name = self.names.get((code, min(self._levels_of[code])), code)
            yield NamedSchool(
                school_code=code,
                name=name,
                why_not=WhyNot.NOT_REACHABLE if has_level else WhyNot.NOT_OF_LEVEL,
                sentence=sentences.not_reachable(name) if has_level else sentences.not_of_level(name),
            )

    @cached_property
    def _levels_of(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for code, level in zip(self.files.schools["school_code"], self.files.schools["level"], strict=True):
            found.setdefault(code, set()).add(level)
        return found


def _malformed(directory: Path) -> InputError:
    return InputError(
        Text("Một tệp của đợt này sai cấu trúc.", "A file of this round is malformed."),
        hint=Text("Tìm tệp sai bằng: diaban verify.", "Find out which with: diaban verify."),
        subject=str(directory),
    )


def _names_of(directory: Path) -> dict[tuple[str, str], str]:
    path = directory / "school_places.csv"
    if not path.is_file():
        return {}
    columns = {"school_code": "string", "level": "string", "name": "string"}
    options = pa_csv.ConvertOptions(column_types=columns, include_columns=list(columns))
    table = pa_csv.read_csv(path, convert_options=options).to_pydict()
    return {
        (code, level or ""): name
        for code, level, name in zip(table["school_code"], table["level"], table["name"], strict=True)
    }
