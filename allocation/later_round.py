"""The next run of a round: the former one, what has changed since, and who comes in addition.

Every change and everything that follows from it for a seat stands in a log, ``changes.csv`` of the new run.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from allocation.changes import LEAVING, Change, ChangeRow
from allocation.former_round import FormerRound
from allocation.held_seats import SEATS_ON_APPEAL, Standing, settle, with_appeal, with_families_regrouped
from allocation.intake import RoundInput
from allocation.later_findings import (
    arrival_without_change,
    level_changed,
    moved_without_distances,
    no_distance_to_school,
    no_such_arrival,
    nobody_named,
    placed_apart,
    seat_lost,
    seat_raised,
)
from allocation.model import APPLICANT_FACTS, HELD_SEAT_GROUP, sha256_of
from allocation.personal_id import shown
from allocation.policy import Policy
from allocation.problem_files import csv_bytes
from spatial.issues import Issue, IssueReport

CHANGES_FILE = "changes.csv"
LOG_COLUMNS = ("applicant_no", "change", "school_code", "level", "before", "after", "reason", "changed_on")

SEAT_LOST, PLACED_APART, CAPACITY_CHANGED, SEAT_RAISED, SCHOOL_ADDED = (
    "seat_lost",
    "placed_apart",
    "capacity_changed",
    "capacity_raised_on_appeal",
    "school_added",
)
TAG_LOST, TAG_DECLINED = "lost_seat", "declined"
"""Words in ``tags`` for which a policy may have a tier: before others, or after them."""

_PAIR_COLUMNS = ["applicant_no", "school_code", "distance_m", "preference_rank", "priority_rank"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LaterRound:
    """What the next run is made of.

    Parameters
    ----------
    given
        Applicants, schools and pairs, and the findings.
    log
        Columns `LOG_COLUMNS`, sorted: for applicants ``before`` and ``after`` are the school held before the change and
        the one held when the run begins, for schools the seats.
    """

    given: RoundInput
    former: FormerRound
    log: pd.DataFrame

    @property
    def log_bytes(self) -> bytes:
        """The log as it is written."""
        return csv_bytes({name: self.log[name].to_numpy(dtype=object) for name in LOG_COLUMNS})

    @property
    def log_sha256(self) -> str:
        """SHA-256 of the log."""
        return sha256_of([self.log_bytes])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class News:
    """What the files say that came since.

    Parameters
    ----------
    arrivals
        The applicants who came late or moved, as the intake gives them, with their pairs; None when there are none.
    schools
        Rows for schools whose seats changed or that are new; the others stay as they were.
    """

    changes: list[ChangeRow]
    arrivals: RoundInput | None = None
    schools: pd.DataFrame | None = None


def next_round(former: FormerRound, news: News, *, policy: Policy, seed: str) -> LaterRound:
    """Return the next run: seats that are held, families, seats and distances as they now are, and the log of it."""
    work = _Work(former, news)
    work.schools()
    work.leave()
    work.arrive()
    work.confirm()
    standing = Standing(people=work.people, schools=work.school_rows, pairs=work.pairs(), policy=policy, seed=seed)
    standing = work.after_others(work.settled(_only_known_groups(standing)))
    standing = work.appeals(standing)
    people, apart = with_families_regrouped(standing.people)
    work.note_apart(people, apart)
    arrivals = news.arrivals
    given = RoundInput(
        applicants=_as_intake(people),
        schools=standing.schools,
        pairs=standing.pairs,
        issues=IssueReport([*(arrivals.issues if arrivals else ()), *work.issues]),
        set_aside_count=arrivals.set_aside_count if arrivals else 0,
        measured_by=former.measured_by,
        street_lines=arrivals.street_lines if arrivals else None,
    )
    return LaterRound(given=given, former=former, log=work.log())


def _only_known_groups(standing: Standing) -> Standing:
    """Hold an open seat where the policy has no such group any more."""
    known = {group.code for group in standing.policy.kept_seats}
    people = standing.people.copy()
    people[HELD_SEAT_GROUP] = people[HELD_SEAT_GROUP].where(people[HELD_SEAT_GROUP].isin(known), "")
    return replace(standing, people=people)


def _as_intake(people: pd.DataFrame) -> pd.DataFrame:
    """Return the applicants with the columns that the report and the map expect."""
    blank = dict.fromkeys(("date_of_birth", "sex", "together_with", "home_school"), "")
    frame = people.assign(**{name: text for name, text in blank.items() if name not in people})
    return frame.assign(**{name: np.nan for name in ("x", "y") if name not in frame}).reset_index(drop=True)


class _Work:
    """The next run while it is being put together; each step notes what it does."""

    def __init__(self, former: FormerRound, news: News) -> None:
        self.former, self.news = former, news
        self.people = former.applicants.copy()
        self.school_rows = former.schools.copy()
        self.issues: list[Issue] = []
        self.gone: set[str] = set()
        self.renewed: set[str] = set()
        self._log: list[dict[str, str]] = []
        self.held_before = dict(zip(self.people["applicant_no"], self.people["held_school"], strict=True))

    def of(self, *kinds: Change) -> Iterator[ChangeRow]:
        """Return the changes of these kinds."""
        return (row for row in self.news.changes if row.change in kinds)

    def note(self, change: str, *, applicant_no: str = "", **cells: str) -> None:
        """Write one line of the log."""
        self._log.append({**dict.fromkeys(LOG_COLUMNS, ""), "applicant_no": applicant_no, "change": change, **cells})

    def note_change(self, row: ChangeRow, **cells: str) -> None:
        """Write the line of a change that the file states, with its reason and day."""
        day = row.changed_on.isoformat() if row.changed_on else ""
        self.note(row.change, applicant_no=row.applicant_no, reason=row.reason, changed_on=day, **cells)

    def log(self) -> pd.DataFrame:
        """Return the log, sorted, with the seat that each applicant holds in the end."""
        frame = pd.DataFrame(self._log, columns=list(LOG_COLUMNS))
        return frame.sort_values(list(LOG_COLUMNS), kind="stable", ignore_index=True)

    def shown(self, number: str) -> str:
        """Return an applicant number as findings may show it."""
        return shown(number, any_id=self.former.any_id)

    def schools(self) -> None:
        """Take over seats that changed and schools that are new; seats given on appeal stay on top."""
        rows = self.news.schools
        if rows is None:
            return
        key = ["school_code", "level"]
        old = self.school_rows.set_index(key)
        new = rows.drop(columns=[name for name in ("row", "file") if name in rows]).set_index(key)
        new["capacity"] = new["capacity"].astype("int64")
        if SEATS_ON_APPEAL in old:
            extra = pd.to_numeric(old[SEATS_ON_APPEAL]).fillna(0).astype("int64").reindex(new.index, fill_value=0)
            new[SEATS_ON_APPEAL] = extra.where(new["capacity"] > 0, 0).map(lambda count: str(count) if count else "")
            new["capacity"] += extra.where(new["capacity"] > 0, 0)
        for code, level in sorted(new.index):
            after = str(new.loc[(code, level), "capacity"])
            if (code, level) not in old.index:
                self.note(SCHOOL_ADDED, school_code=code, level=level, after=after)
            elif str(old.loc[(code, level), "capacity"]) != after:
                before = str(old.loc[(code, level), "capacity"])
                self.note(CAPACITY_CHANGED, school_code=code, level=level, before=before, after=after)
        joined = pd.concat([new, old[~old.index.isin(new.index)]]).reset_index()
        given = {name: joined[name].fillna("") for name in joined if name not in {*key, "capacity", "x", "y"}}
        self.school_rows = joined.assign(**given)

    def leave(self) -> None:
        """Take back the seats of those who gave them up; all but those who ask again leave the round."""
        rows = list(self.of(*LEAVING))
        levels = dict(zip(self.people["applicant_no"], self.people["level"], strict=True))
        for row in rows:
            number = row.applicant_no
            self.note_change(row, level=str(levels[number]), before=self.held_before[number])
        at = self.people["applicant_no"].isin([row.applicant_no for row in rows])
        self.people.loc[at, ["held_school", HELD_SEAT_GROUP]] = ""
        self.people.loc[at, "is_confirmed"] = 0
        self.gone = {row.applicant_no for row in rows if not row.takes_part_again}
        self.people = self.people[~self.people["applicant_no"].isin(self.gone)].reset_index(drop=True)

    def confirm(self) -> None:
        """Make fast the seats that families confirmed."""
        for row in self.of(Change.CONFIRMED):
            held = self.held_before[row.applicant_no]
            self.note_change(row, before=held, after=held)
        confirmed = [row.applicant_no for row in self.of(Change.CONFIRMED)]
        self.people.loc[self.people["applicant_no"].isin(confirmed), "is_confirmed"] = 1

    def arrive(self) -> None:
        """Take in those who moved or came late."""
        rows = self.news.arrivals.applicants if self.news.arrivals is not None else pd.DataFrame({"applicant_no": []})
        new = {row["applicant_no"]: row for row in rows.to_dict("records")}
        reasons = {(row.change, row.applicant_no): row.reason for row in self.news.changes}
        known = set(self.people["applicant_no"])
        late = [number for number in sorted(new) if number not in known and number not in self.gone]
        self._come_late([new[number] for number in late], reasons=reasons)
        for number in sorted({*new} - {*late}):
            if (Change.MOVED, number) not in reasons:
                self.issues.append(arrival_without_change(self.shown(number)))
        for row in self.of(Change.LATE):
            if row.applicant_no not in new:
                self.issues.append(no_such_arrival(self.shown(row.applicant_no)))
        ways = self._new_pairs()
        reached = ways.groupby("applicant_no", observed=True)["school_code"].agg(set).to_dict()
        for row in self.of(Change.MOVED):
            self._move(row, new.get(row.applicant_no), own=reached.get(row.applicant_no, set()))
        self._join_families([row for number, row in new.items() if number in self.renewed and number not in known])

    def _come_late(self, rows: list[dict[str, Any]], *, reasons: Mapping[tuple[Change, str], str]) -> None:
        left_out = {"row", "file", "x", "y", "together_with"}
        fresh = [
            {name: row[name] for name in row if name not in left_out}
            | {"held_school": "", HELD_SEAT_GROUP: "", "is_confirmed": 0}
            for row in rows
        ]
        if fresh:
            self.people = pd.concat([self.people, pd.DataFrame(fresh)], ignore_index=True)
            texts = [name for name in self.people if name not in {"priority_tier", "is_confirmed"}]
            self.people[texts] = self.people[texts].fillna("")
        for number in (str(row["applicant_no"]) for row in rows):
            self.renewed.add(number)
            self.note(Change.LATE, applicant_no=number, reason=reasons.get((Change.LATE, number), ""))

    def _move(self, row: ChangeRow, fresh: Mapping[str, Any] | None, *, own: set[str]) -> None:
        """Put new facts and ways in the place of the old; the seat stays held if its school is among the new ways."""
        number, held = row.applicant_no, self.held_before[row.applicant_no]
        at = self.people["applicant_no"] == number
        if fresh is not None and fresh["level"] != self.people.loc[at, "level"].iloc[0]:
            self.issues.append(level_changed(self.shown(number)))
            return
        if not own:
            self.issues.append(moved_without_distances(self.shown(number)))
            return
        self.renewed.add(number)
        stated = fresh or {}
        for name in ("priority_tier", *APPLICANT_FACTS):
            if name in stated:
                self.people.loc[at, name] = stated[name]
        after = held if held in own else ""
        self.people.loc[at, ["held_school", "is_confirmed"]] = [after, 0]
        if held and not after:
            self.issues.append(no_distance_to_school(self.shown(number), held))
        self.note_change(row, before=held, after=after)

    def _join_families(self, late: list[dict[str, Any]]) -> None:
        """Put late applicants into the groups of those whom they name."""
        group = dict(zip(self.people["applicant_no"], self.people["together"], strict=True))
        for row in late:
            for name in str(row.get("together_with", "") or "").split(";"):
                other, number = name.strip(), str(row["applicant_no"])
                if other in group and other != number:
                    one, two = (group[each] or each for each in (number, other))
                    group = {each: min(one, two) if own in {one, two} else own for each, own in group.items()}
                    group[number] = group[other] = min(one, two)
        self.people["together"] = self.people["applicant_no"].map(group)

    def _new_pairs(self) -> pd.DataFrame:
        arrivals = self.news.arrivals
        if arrivals is None or arrivals.pairs is None:
            return pd.DataFrame({name: pd.Series(dtype=object) for name in _PAIR_COLUMNS})
        blank = {name: 0 for name in _PAIR_COLUMNS[3:] if name not in arrivals.pairs}
        return arrivals.pairs.assign(**blank)[_PAIR_COLUMNS]

    def pairs(self) -> pd.DataFrame:
        """Return the ways: the new ones of those who moved or came late, and those of everybody to added schools."""
        old, new = self.former.pairs, self._new_pairs()
        staying = set(self.people["applicant_no"]) - self.renewed
        added = set(self.school_rows["school_code"]) - set(self.former.schools["school_code"])
        used = new["applicant_no"].isin(self.renewed) | (
            new["applicant_no"].isin(staying) & new["school_code"].isin(added)
        )
        joined = pd.concat([old[old["applicant_no"].isin(staying)], new[used]], ignore_index=True)
        return joined.astype(dict.fromkeys(_PAIR_COLUMNS[2:], "int64"))

    def settled(self, standing: Standing) -> Standing:
        """Take the seats that are no more from the last in the order of their school."""
        standing, lost = settle(standing)
        people = standing.people.copy()
        at = people["applicant_no"].isin(lost)
        for number, held in zip(people.loc[at, "applicant_no"], people.loc[at, "held_school"], strict=True):
            self.note(SEAT_LOST, applicant_no=number, school_code=held, before=held)
            self.issues.append(seat_lost(self.shown(number), held))
        people.loc[at, ["held_school", HELD_SEAT_GROUP]] = ""
        people.loc[at, "is_confirmed"] = 0
        return replace(standing, people=_with_tag(people, lost, TAG_LOST))

    def after_others(self, standing: Standing) -> Standing:
        """Mark those who gave a seat back and ask for another; without tiers in the policy they come in a last one."""
        again = [row.applicant_no for row in self.of(Change.DECLINED, Change.LAPSED) if row.takes_part_again]
        if not again:
            return standing
        people = _with_tag(standing.people, again, TAG_DECLINED)
        if not standing.policy.tiers:
            at = people["applicant_no"].isin(again)
            others = people.loc[~at, "priority_tier"]
            people.loc[at, "priority_tier"] = 1 + (int(others.max()) if len(others) else 0)
        return replace(standing, people=people)

    def appeals(self, standing: Standing) -> Standing:
        """Give those whose appeal was upheld a seat for good, above the capacity where the school is full."""
        asking = standing.pairs["applicant_no"].isin([row.applicant_no for row in self.of(Change.APPEAL_UPHELD)])
        ways = set(standing.pairs.loc[asking, ["applicant_no", "school_code"]].itertuples(index=False, name=None))
        seats = set(standing.schools[["school_code", "level"]].itertuples(index=False, name=None))
        for row in self.of(Change.APPEAL_UPHELD):
            number, code = row.applicant_no, row.school_code
            own = standing.people.loc[standing.people["applicant_no"] == number]
            if own.empty:
                self.issues.append(nobody_named(self.shown(number)))
                continue
            before, level = self.held_before.get(number, ""), str(own["level"].iloc[0])
            if (number, code) not in ways or (code, level) not in seats:
                self.issues.append(no_distance_to_school(self.shown(number), code))
                continue
            standing, raised = with_appeal(standing, number, code)
            self.note_change(row, school_code=code, before=before, after=code)
            if raised:
                at = (standing.schools["school_code"] == code) & (standing.schools["level"] == level)
                now = int(standing.schools.loc[at, "capacity"].iloc[0])
                self.note(SEAT_RAISED, school_code=code, level=level, before=str(now - raised), after=str(now),
                          reason=row.reason)  # fmt: skip
                self.issues.append(seat_raised(code, raised))
        return standing

    def note_apart(self, people: pd.DataFrame, apart: list[str]) -> None:
        """Note the children who are placed without their family, since that holds seats already."""
        siblings = dict(zip(people["applicant_no"], people.get("sibling_school", ""), strict=True)) if apart else {}
        for number in apart:
            self.note(PLACED_APART, applicant_no=number, school_code=siblings[number])
            self.issues.append(placed_apart(self.shown(number)))


def _with_tag(people: pd.DataFrame, numbers: Iterable[str], tag: str) -> pd.DataFrame:
    at = people["applicant_no"].isin(list(numbers))
    if not at.any():
        return people
    tags = people["tags"] if "tags" in people else pd.Series("", index=people.index)
    added = tags.map(lambda text: ";".join(sorted({*str(text).split(";"), tag} - {""})))
    return people.assign(tags=tags.where(~at, added))
