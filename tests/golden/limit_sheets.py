"""Worked cases of limits: the sheets, and what a rule-pack has to answer to be right about one."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from permits.fact_sheet import read_facts
from permits.limits import limits
from permits.model import Limits
from permits.rulebook import Rulebook, load_rulebook

HERE = Path(__file__).parent


def sheet(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.load((HERE / name).read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return found


def cases_of(name: str) -> list[dict[str, Any]]:
    """Return the cases of a sheet, each with the rule-pack, the day and the ordinary facts of its sheet."""
    whole = sheet(name)
    ordinary = whole.get("ordinary", {})
    common = {key: whole[key] for key in ("rulebook", "as_of") if key in whole}
    return [{**common, **case, "given": {**ordinary, **case["given"]}} for case in whole["cases"]]


def answer(case: Mapping[str, Any], rulebook: Rulebook | None = None) -> Limits:
    book = rulebook or load_rulebook(case["rulebook"])
    return limits(read_facts(case["given"], subject=case["id"]), rulebook=book, as_of=case["as_of"])


def differences(case: Mapping[str, Any], found: Limits) -> Iterator[str]:
    """Yield what the answer says otherwise than the case."""
    for name, value in case.get("expected", {}).items():
        shown = found[name].value
        if shown != value:
            yield f"{name} is {shown}, {case['clause']} gives {value}"
    for name, (verdict, reason) in case.get("verdicts", {}).items():
        limit = found[name]
        if (limit.verdict, limit.reason) != (verdict, reason):
            yield f"{name} is {limit.verdict} {limit.reason}, {case['clause']} asks for {verdict} {reason}"
