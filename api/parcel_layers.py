"""What the layers say about a parcel, as items of its page: each with its share or distance, and its paper."""

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

import pandas as pd

from api.i18n import speech
from basemap.model import LayerName
from permits.answers import CAUSE_TEXTS, Concern, LayerAnswer, LayerStatus
from permits.facts import ParcelFacts
from permits.ground import CORRIDOR_LAYERS
from permits.overlap import Band
from permits.zoning import ZonePart
from spatial.text import NO_TEXT, Text

LAW_OF_LAYER: Mapping[LayerName, str] = MappingProxyType(
    {
        LayerName.RIVER_CORRIDOR: "QĐ 56/2025/QĐ-UBND",
        LayerName.POWER_LINE: "NĐ 62/2025/NĐ-CP",
        LayerName.POWER_CORRIDOR: "NĐ 62/2025/NĐ-CP",
        LayerName.AIRPORT_SURFACE: "NĐ 222/2026/NĐ-CP",
    }
)
"""Instrument that asks for a layer, where the layer itself names none."""

_TOLD_BY_THEMSELVES = (LayerName.ZONE, LayerName.ROAD_RESERVATION, LayerName.STREET, LayerName.BUILDING)
_CLEAR_BY_NAME = (LayerName.SPECIAL_AREA, LayerName.STREET, LayerName.BUILDING)
_PLAN_KINDS: Mapping[str, Text] = {
    "detailed_plan": Text("Quy hoạch chi tiết", "Detailed plan"),
    "local_adjustment": Text("Điều chỉnh cục bộ", "Local adjustment"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing that concerns a parcel, or that does not.

    Parameters
    ----------
    mark
        Shape and colour of the tag: ``ok``, ``review``, ``bad``, ``none`` or ``unknown``.
    verdict
        Word of the tag, a key below ``verdict`` in the locale.
    """

    title: Text
    mark: str
    verdict: str
    citation: str = ""
    requirement: Text = NO_TEXT
    notes: tuple[Text, ...] = ()


def concerned_items(found: ParcelFacts, *, told: Container[LayerName] = ()) -> Iterator[Item]:
    """Yield what corridors, special areas and plans say of the parcel, what restricts it first.

    Parameters
    ----------
    told
        Layers that a finding speaks of already, with its article.
    """
    for answer in _answers(found):
        if answer.layer not in _TOLD_BY_THEMSELVES and answer.layer not in told:
            yield from (_concern_item(answer, concern) for concern in answer.felt)
    yield from _special_items(found)
    yield from (_part_item(part) for part in found.parts)


def clear_items(found: ParcelFacts) -> Iterator[Item]:
    """Yield the layers, and the kinds of special areas, that were looked at and do not concern the parcel."""
    for answer in (*found.layers.values(), *found.special_areas.values()):
        is_told = answer.kind is not None or answer.layer not in _CLEAR_BY_NAME
        if is_told and answer.status is LayerStatus.NOT_CONCERNED:
            yield Item(title=answer.label, mark="ok", verdict="CLEAR", notes=_nearest(answer))


def unchecked_items(found: ParcelFacts) -> Iterator[Item]:
    """Yield the layers that did not answer, each with its cause."""
    for answer in found.layers.values():
        if answer.status is LayerStatus.NOT_CHECKED:
            yield _unchecked(answer)
    if found.layers[LayerName.SPECIAL_AREA].status is not LayerStatus.NOT_CHECKED:
        silent = (each for each in found.special_areas.values() if each.status is LayerStatus.NOT_CHECKED)
        yield from (_unchecked(answer) for answer in silent)


def _answers(found: ParcelFacts) -> tuple[LayerAnswer, ...]:
    told = (*CORRIDOR_LAYERS, LayerName.SPECIAL_AREA)
    return (*found.corridors, *(answer for answer in found.layers.values() if answer.layer not in told))


def _special_items(found: ParcelFacts) -> Iterator[Item]:
    """Yield what a person must look at, then all areas that the parcel surely lies in, together."""
    felt = [(answer, concern) for answer in found.special_areas.values() for concern in answer.felt]
    yield from (_concern_item(answer, concern) for answer, concern in felt if concern.band is not Band.HIT)
    sure = [(answer, concern) for answer, concern in felt if concern.band is Band.HIT]
    if not sure:
        return
    yield Item(
        title=found.layers[LayerName.SPECIAL_AREA].label,
        mark="none",
        verdict="CONCERNED",
        citation="; ".join(dict.fromkeys(paper for answer, concern in sure if (paper := _paper(concern, answer)))),
        notes=tuple(_share_of(answer, concern) for answer, concern in sure),
    )


def _share_of(answer: LayerAnswer, concern: Concern) -> Text:
    title = _title(answer, concern)
    share = {language: speech(language).percent(concern.share_ratio) for language in ("vi", "en")}
    return Text(f"{title.vi}, {share['vi']} thửa đất.", f"{title.en}, {share['en']} of the parcel.")


def _concern_item(answer: LayerAnswer, concern: Concern) -> Item:
    is_area = answer.layer in (LayerName.TRADE_AXIS, LayerName.DETAILED_PLAN)
    is_sure = concern.band is Band.HIT
    return Item(
        title=_title(answer, concern),
        mark="none" if is_area and is_sure else "review",
        verdict="CONCERNED" if is_sure else "NEEDS_REVIEW",
        citation=_paper(concern, answer),
        notes=(_extent(concern), *_figures(concern)),
    )


def _title(answer: LayerAnswer, concern: Concern) -> Text:
    label = _PLAN_KINDS.get(str(concern.detail.get("plan_kind")), answer.label)
    return Text(f"{label.vi}: {concern.name}", f"{label.en}: {concern.name}") if concern.name else label


def _extent(concern: Concern) -> Text:
    """Say how much of the parcel lies inside, or how far away the feature is."""
    if concern.layer is LayerName.TRADE_AXIS and concern.band is Band.HIT:
        return Text("Thửa đất quay mặt ra trục này.", "The parcel faces this axis.")

    def told(language: str) -> str:
        spoken = speech(language)
        if concern.area_m2 > 0:
            share = spoken.percent(concern.share_ratio, digits=0)
            words = {"vi": "{} ({}) của thửa đất nằm trong.", "en": "{} ({}) of the parcel lies inside."}
            return words[language].format(spoken.area(concern.area_m2), share)
        if concern.distance_m > 0:
            words = {"vi": "Cách thửa đất {}.", "en": "{} from the parcel."}
            return words[language].format(spoken.metres(concern.distance_m, digits=1))
        if concern.band is Band.HIT:
            return {"vi": "Đi qua thửa đất.", "en": "Runs across the parcel."}[language]
        return {"vi": "Chạm ranh thửa đất.", "en": "Touches the border of the parcel."}[language]

    return Text(told("vi"), told("en"))


def _figures(concern: Concern) -> tuple[Text, ...]:
    """Say what a feature states that bears on building: voltage, elevation, protection zone."""
    detail = concern.detail
    said = []
    if (kilovolts := _number(detail.get("voltage_kv"))) is not None:
        said.append(Text(f"Điện áp {kilovolts:g} kV.", f"{kilovolts:g} kV."))
    if (elevation_m := _number(detail.get("lowest_elevation_m"))) is not None:
        said.append(
            Text(
                f"Cao độ giới hạn từ {elevation_m:g} m so với mực nước biển.",
                f"Limiting elevation from {elevation_m:g} m above sea level.",
            )
        )
    if zone := _word(detail.get("protection_zone")):
        said.append(Text(f"Khu vực bảo vệ {'I' * int(zone)}.", f"Protection zone {'I' * int(zone)}."))
    return tuple(said)


def _paper(concern: Concern, answer: LayerAnswer) -> str:
    """Return the instrument and its day, as the feature or the law names them."""
    detail = concern.detail
    decision = _word(detail.get("decision")) or _word(detail.get("document"))
    day = _day(detail.get("approved_on")) or _day(detail.get("plan_approved_on"))
    paper = decision or LAW_OF_LAYER.get(answer.layer, "")
    when = f" ({day.strftime('%d/%m/%Y')})" if day is not None and paper else ""
    return f"{paper}{when}"


def _part_item(part: ZonePart) -> Item:
    zone = part.plan or part.zone
    day = part.limits.plan_approved_on
    plan = "" if zone is None else _word(zone.detail.get("plan_name"))
    use = part.land_use or "–"

    def told(language: str) -> str:
        spoken = speech(language)
        share, area = spoken.percent(part.share_ratio, digits=0), spoken.area(part.area_m2)
        registered = "" if part.compensated_area_m2 is None else spoken.area(part.compensated_area_m2)
        on_paper = {"vi": f", tương ứng {registered} trên giấy", "en": f", {registered} of the registered area"}
        words = {
            "vi": f"{share} thửa đất ({area} trên bản đồ{on_paper['vi'] if registered else ''}), chức năng {use}.",
            "en": f"{share} of the parcel ({area} as drawn{on_paper['en'] if registered else ''}), land use {use}.",
        }
        return words[language]

    return Item(
        title=Text(f"Ô quy hoạch {part.name}", f"Plan cell {part.name}"),
        mark="none",
        verdict="CONCERNED",
        citation=f"{plan} ({day.strftime('%d/%m/%Y')})" if day is not None and plan else plan,
        notes=(Text(told("vi"), told("en")),),
    )


def _unchecked(answer: LayerAnswer) -> Item:
    notes = [CAUSE_TEXTS[answer.cause]] if answer.cause is not None else []
    if answer.note.vi:
        notes.append(answer.note)
    return Item(
        title=answer.label,
        mark="unknown",
        verdict="NOT_CHECKED",
        citation=LAW_OF_LAYER.get(answer.layer, ""),
        notes=tuple(notes),
    )


def _nearest(answer: LayerAnswer) -> tuple[Text, ...]:
    if not answer.nearest_m:
        return ()
    near = {language: speech(language).metres(answer.nearest_m, digits=1) for language in ("vi", "en")}
    return (Text(f"Gần nhất cách {near['vi']}.", f"The nearest is {near['en']} away."),)


def _word(value: object) -> str:
    return value if isinstance(value, str) else ""


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not pd.isna(value) else None


def _day(value: object) -> date | None:
    return value if isinstance(value, date) and not pd.isna(value) else None
