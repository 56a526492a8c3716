"""What is published of a round, the key under which a family finds it, and how both are written down."""

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NewType

from allocation import personal_id
from allocation.receipt import normalise
from spatial.errors import InputError
from spatial.text import Text

RoundId = NewType("RoundId", str)


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundInfo:
    """What a result says about its round.

    Parameters
    ----------
    published_at
        UTC.
    problem_sha256
        Hash of the problem that was solved, so that a letter can be traced to its proof.
    """

    round_id: RoundId
    title: Text
    policy: str
    problem_sha256: str
    published_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedSchool:
    """A school as results refer to it; ``lon``, ``lat`` in EPSG:4326, None where it is not known."""

    school_code: str
    name: str
    address: str = ""
    lon: float | None = None
    lat: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NearerSchool:
    """A school nearer than the one given, and why it was not that one."""

    school: PublishedSchool
    distance_m: int
    reason: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """What happened to the family's place since the former run.

    Parameters
    ----------
    change
        ``declined``, ``lapsed``, ``withdrawn`` or ``moved``.
    changed_on
        None where nobody wrote down the day.
    has_left
        Whether the application is no longer in the round; then there is no other answer.
    can_do
        What the family can do now, most urgent first.
    """

    change: str
    changed_on: date | None
    has_left: bool
    sentence: Text
    can_do: tuple[Text, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedResult:
    """One family's answer.

    Parameters
    ----------
    school, distance_m
        The place given and the walk to it; None when there is none (yet).
    reasons
        Why, in whole sentences.
    nearer
        Schools nearer than the one given, nearest first.
    """

    round_info: RoundInfo
    level: str
    school: PublishedSchool | None
    distance_m: int | None
    reasons: tuple[Text, ...]
    nearer: tuple[NearerSchool, ...]
    happened: Happened | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultRecord:
    """What is to be published for one applicant; the first three fields only ever enter the hash.

    Parameters
    ----------
    nearer
        ``(school_code, distance_m, reason)``, nearest first.
    """

    applicant_no: str
    date_of_birth: date
    receipt_code: str
    level: str
    school_code: str | None
    distance_m: int | None
    reasons: tuple[Text, ...] = ()
    nearer: tuple[tuple[str, int, Text], ...] = ()
    happened: Happened | None = None


def result_key(subkey: bytes, applicant_no: str, *, date_of_birth: date, receipt_code: str) -> bytes:
    """Return the 32 bytes under which a result is kept.

    Raises
    ------
    InputError
        ``receipt_code`` does not have the form of one.
    """
    number, receipt = personal_id.normalise(applicant_no), normalise(receipt_code)
    message = f"{number}|{date_of_birth.isoformat()}|{receipt}"
    return hmac.digest(subkey, message.encode(), "sha256")


def results_subkey(secret: bytes) -> bytes:
    """Return the key that serves published results alone; one secret serves several purposes."""
    return hmac.digest(secret, b"published results", "sha256")


def secret_check(secret: bytes) -> str:
    """Return what a snapshot keeps to notice that it is read under another secret."""
    return hmac.digest(secret, b"published results: is this the secret", "sha256").hex()


def as_json(value: object) -> str:
    """Return ``value`` as JSON in the one way in which snapshots write it."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def payload_as_json(record: ResultRecord, schools: Mapping[str, PublishedSchool]) -> str:
    """Return the part of ``record`` that a snapshot holds in the clear.

    Raises
    ------
    InputError
        The record refers to a school that is not among ``schools``.
    """
    mentioned = [code for code, _, _ in record.nearer]
    if record.school_code is not None:
        mentioned.append(record.school_code)
    unknown = next((code for code in mentioned if code not in schools), None)
    if unknown is not None:
        raise InputError(
            Text(f"Kết quả nhắc đến trường {unknown} không có trong danh sách.", f"No school {unknown} in the list.")
        )
    return as_json(
        {
            "level": record.level,
            "school_code": record.school_code,
            "distance_m": record.distance_m,
            "reasons": record.reasons,
            "nearer": record.nearer,
            "happened": None if record.happened is None else _happened_as_data(record.happened),
        }
    )


def _happened_as_data(happened: Happened) -> dict[str, object]:
    return {
        "change": happened.change,
        "changed_on": happened.changed_on.isoformat() if happened.changed_on else None,
        "has_left": happened.has_left,
        "sentence": happened.sentence,
        "can_do": happened.can_do,
    }


def happened_of(payload: Mapping[str, Any]) -> Happened | None:
    """Return what a payload says that happened; None where nothing did, or the snapshot is older than this answer."""
    value = payload.get("happened")
    if value is None:
        return None
    day = value["changed_on"]
    return Happened(
        change=value["change"],
        changed_on=date.fromisoformat(day) if day else None,
        has_left=value["has_left"],
        sentence=Text(*value["sentence"]),
        can_do=tuple(Text(*text) for text in value["can_do"]),
    )


def school_as_json(school: PublishedSchool) -> str:
    """Return ``school`` as a snapshot holds it."""
    return as_json([school.school_code, school.name, school.address, school.lon, school.lat])


def school_from_json(text: str) -> PublishedSchool:
    """Return the school that `school_as_json` wrote."""
    code, name, address, lon, lat = json.loads(text)
    return PublishedSchool(school_code=code, name=name, address=address, lon=lon, lat=lat)


def round_as_json(info: RoundInfo) -> str:
    """Return ``info`` as a snapshot holds it."""
    return as_json(
        {
            "round_id": info.round_id,
            "title": info.title,
            "policy": info.policy,
            "problem_sha256": info.problem_sha256,
            "published_at": info.published_at.isoformat(),
        }
    )


def round_from_json(text: str) -> RoundInfo:
    """Return the round that `round_as_json` wrote."""
    value = json.loads(text)
    return RoundInfo(
        round_id=RoundId(value["round_id"]),
        title=Text(*value["title"]),
        policy=value["policy"],
        problem_sha256=value["problem_sha256"],
        published_at=datetime.fromisoformat(value["published_at"]),
    )
