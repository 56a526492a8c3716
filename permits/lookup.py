"""A parcel looked for in every way in which people name one: all candidates, how the words were read, or why nothing.

Whatever is found is all that answers, never the first of several. What is not found comes with a reason, and with
parcels that may have been meant: the same number in another ward, what became of a number that is no more, what lies
near a point.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from basemap import store
from basemap.admin_unit_files import packaged_units
from basemap.geocode import Answer, Grade
from basemap.model import LayerName
from basemap.tables import ParcelRow, WardRow
from permits import service
from permits.coordinates import Reading, readings_of, the_reading
from permits.history_service import gone, history_named
from permits.misses import (
    ADDRESS_NO_HOUSE,
    ADDRESS_UNCERTAIN,
    NEAR_M,
    NO_PARCEL_AT_ADDRESS,
    NO_PARCEL_HERE,
    NO_SUCH_ID,
    NO_SUCH_PARCEL,
    OUTSIDE_CITY,
    Miss,
    elsewhere,
    new_ward,
    unknown_ward,
)
from permits.model import ParcelKey
from permits.parcels import Parcel, ParcelName, parcel_name, parse_parcel_key
from permits.ward_words import WardWords
from spatial.db import storage_crs
from spatial.errors import DataUnavailableError, InputError
from spatial.territory import territory_of
from spatial.text import Text

_MOST_SUGGESTIONS_COUNT = 20
_ID_LETTERS = 12
_CELL_M = 1_000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a question was answered.

    Parameters
    ----------
    parcels
        All that answer; several are for the asker to choose from.
    notes
        How the question was read.
    miss
        Why there is none; None when there is one or more.
    suggestions
        Parcels that may have been meant, never an answer.
    """

    parcels: tuple[Parcel, ...] = ()
    notes: tuple[Text, ...] = ()
    miss: Miss | None = None
    suggestions: tuple[Parcel, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Answers questions about parcels out of one store.

    Parameters
    ----------
    geocode
        Answers an address; None where the layers for that are not published.
    wards
        What is known of wards, read once for many questions.
    in_city_by_cell
        What `is_in_city` has found so far, by kilometres of x and y.
    """

    session: Session
    wards: WardWords
    geocode: Callable[[str], Answer] | None = None
    valid_on: date | None = None
    in_city_by_cell: dict[tuple[int, int], bool] = field(default_factory=dict)

    def by_key(self, text: str) -> Found:
        """Answer ``26797-10-16``, ``26797-10-16~2`` or the portal's twelve digits. Raises InputError."""
        return self._by_name(parse_parcel_key(text))

    def by_code(self, text: str) -> Found:
        """Answer a key or a national id, whichever ``text`` is; twelve digits may be either. Raises InputError."""
        bare = text.strip()
        may_be_id = len(bare) == _ID_LETTERS and bare.isalnum()
        if may_be_id and not bare.isdigit():
            return self.by_national_id(bare)
        found = self.by_key(bare)
        by_id = self.by_national_id(bare) if may_be_id and not found.parcels else found
        return by_id if by_id.parcels else found

    def by_number(self, *, ward: str | None, map_sheet: str | None, parcel_no: str | None) -> Found:
        """Answer a sheet and a number, in one ward by its old code or its name, or in all.

        Raises
        ------
        InputError
            A sheet or number without a digit, or nothing at all. In a store of another country letters name a sheet.
        """
        parts = [(parcel_no, Text("Số thửa", "The parcel number"))]
        if territory_of(storage_crs(self.session)).is_vietnam:
            parts.insert(0, (map_sheet, Text("Số tờ", "The map sheet")))
        for part, label in parts:
            if part and not any(letter.isdigit() for letter in part):
                raise InputError(
                    Text(f"{label.vi} phải có chữ số: {part!r}.", f"{label.en} needs a digit: {part!r}."),
                    hint=Text("Ghi như trên giấy chứng nhận, ví dụ tờ 10, thửa 16.",
                              "Write it as on the certificate, for example sheet 10, number 16."),
                    code="number_without_digit",
                )  # fmt: skip
        if not ward:
            found = self._find(None, map_sheet, parcel_no)
            return Found(parcels=found) if found else Found(miss=NO_SUCH_PARCEL)
        codes = self.wards.codes_meant(ward)
        if not codes:
            return self._in_unknown_ward(ward.strip(), map_sheet, parcel_no)
        notes = () if ward.strip() in codes else (_ward_note(self.wards, codes),)
        found = tuple(parcel for code in codes for parcel in self._find(code, map_sheet, parcel_no))
        if found or not (map_sheet and parcel_no):
            return Found(parcels=found, notes=notes, miss=None if found else NO_SUCH_PARCEL)
        for code in codes:
            missing = self._by_name(parcel_name(code, map_sheet, parcel_no))
            if missing.suggestions:
                return missing
        return Found(notes=notes, miss=NO_SUCH_PARCEL)

    def by_national_id(self, text: str) -> Found:
        """Answer a national parcel id, compared as it is stored; it is never computed."""
        wanted = text.strip()
        version = store.version_as_of(self.session, LayerName.PARCEL, valid_on=self.valid_on)
        names = self.session.execute(
            select(ParcelRow.ward_code, ParcelRow.map_sheet, ParcelRow.parcel_no, ParcelRow.national_parcel_id).where(
                ParcelRow.version_id == version.version_id,
                ParcelRow.national_parcel_id.in_(sorted({wanted, wanted.lower(), wanted.upper()})),
            )
        ).all()
        found = {
            parcel.key: parcel
            for ward_code, map_sheet, parcel_no, national_id in names
            for parcel in self._find(ward_code, map_sheet, parcel_no)
            if parcel.national_parcel_id == national_id
        }
        return Found(parcels=tuple(found.values()), miss=None if found else NO_SUCH_ID)

    def by_address(self, text: str) -> Found:
        """Answer an address: only a house stands on a parcel, the middle of a street or an alley's mouth does not.

        Raises
        ------
        DataUnavailableError
            The layers that answer addresses are not published.
        """
        if self.geocode is None:
            raise DataUnavailableError(
                Text("Chưa công bố lớp địa chỉ, đường, phường.", "Addresses, streets and wards are not published."),
                hint=Text("Tìm theo số tờ, số thửa.", "Search by sheet and number."),
            )
        answer = self.geocode(text)
        houses = [candidate.place for candidate in answer.candidates if candidate.grade is Grade.EXACT]
        if answer.grade is Grade.EXACT and answer.place is not None:
            found = self._at(answer.place.x, answer.place.y)
            return Found(parcels=found, notes=(answer.reason,), miss=None if found else NO_PARCEL_AT_ADDRESS)
        below = {parcel.key: parcel for place in houses for parcel in self._at(place.x, place.y)}
        miss = ADDRESS_UNCERTAIN if houses else ADDRESS_NO_HOUSE
        return Found(notes=(answer.reason,), miss=miss, suggestions=tuple(below.values()))

    def by_point(self, numbers: tuple[float, float], *, crs: str | None = None) -> Found:
        """Answer two numbers: degrees or VN-2000 metres, in either order.

        Parameters
        ----------
        numbers
            In the order in which they were written.
        crs
            Of the numbers; None: found out.

        Raises
        ------
        InputError
            They are no place in the country, or may be several places in the city.
        """
        readings = readings_of(numbers, crs=crs, storage_crs=storage_crs(self.session))
        reading, is_inside = the_reading(readings, is_in_city=self.is_in_city)
        found = self._at(reading.x, reading.y)
        notes = (reading.sentence,)
        if found:
            return Found(parcels=found, notes=notes)
        if not is_inside:
            return Found(notes=notes, miss=OUTSIDE_CITY)
        return Found(notes=notes, miss=NO_PARCEL_HERE, suggestions=self._near(reading.x, reading.y))

    def _by_name(self, name: ParcelName) -> Found:
        found = [
            parcel
            for parcel in self._find(name.ward_code, name.map_sheet, name.parcel_no)
            if name.copy is None or parcel.key == name.key or (name.copy == 1 and "~" not in parcel.key)
        ]
        if found:
            return Found(parcels=tuple(found))
        history = history_named(self.session, name)
        if (ended := gone(history)) is not None:
            today = tuple(parcel for key in history.successors for parcel in self._with_key(key))
            miss = Miss(code="parcel_gone", message=ended.message, hint=ended.hint)
            return Found(miss=miss, suggestions=today[:_MOST_SUGGESTIONS_COUNT])
        if name.ward_code not in self.wards.codes:
            return self._in_unknown_ward(name.ward_code, name.map_sheet, name.parcel_no)
        others = self._find(None, name.map_sheet, name.parcel_no)
        within = set(self.wards.old_codes_within(name.ward_code))
        nearest_first = sorted(others, key=lambda parcel: parcel.ward_code not in within)
        if not nearest_first:
            return Found(miss=NO_SUCH_PARCEL)
        labels = [self.wards.label(code) for code in dict.fromkeys(parcel.ward_code for parcel in nearest_first)]
        miss = elsewhere(self.wards.label(name.ward_code), labels)
        return Found(miss=miss, suggestions=tuple(nearest_first[:_MOST_SUGGESTIONS_COUNT]))

    def _in_unknown_ward(self, ward: str, map_sheet: str | None, parcel_no: str | None) -> Found:
        """Answer a ward that no parcel carries: one of today, or a slip."""
        today, within = self.wards.new_name(ward), self.wards.old_codes_within(ward)
        everywhere = self._find(None, map_sheet, parcel_no) if map_sheet and parcel_no else ()
        likely = tuple(parcel for parcel in everywhere if not within or parcel.ward_code in within)
        miss = (
            unknown_ward(ward) if today is None else new_ward(ward, today, [self.wards.label(code) for code in within])
        )
        return Found(miss=miss, suggestions=likely[:_MOST_SUGGESTIONS_COUNT])

    def _with_key(self, key: ParcelKey) -> list[Parcel]:
        name = parse_parcel_key(key)
        return [one for one in self._find(name.ward_code, name.map_sheet, name.parcel_no) if one.key == name.key]

    def _find(self, ward: str | None, map_sheet: str | None, parcel_no: str | None) -> tuple[Parcel, ...]:
        asked = {"ward_code": ward, "map_sheet": map_sheet, "parcel_no": parcel_no}
        return tuple(service.find(self.session, **asked, valid_on=self.valid_on))

    def _at(self, x: float, y: float) -> tuple[Parcel, ...]:
        return tuple(service.find_at(self.session, x, y, valid_on=self.valid_on))

    def _near(self, x: float, y: float) -> tuple[Parcel, ...]:
        near = service.find_near(self.session, x, y, distance_m=NEAR_M, valid_on=self.valid_on)
        return near[:_MOST_SUGGESTIONS_COUNT]

    def is_in_city(self, reading: Reading) -> bool:
        """Tell whether a ward or a parcel is drawn around the point; remembered for each square kilometre."""
        cell = (int(reading.x // _CELL_M), int(reading.y // _CELL_M))
        if cell not in self.in_city_by_cell:
            middle_x, middle_y = ((side + 0.5) * _CELL_M for side in cell)
            self.in_city_by_cell[cell] = any(
                service.is_drawn_near(
                    self.session, layer, middle_x, middle_y, distance_m=_CELL_M, valid_on=self.valid_on
                )
                for layer in (LayerName.PARCEL, LayerName.WARD)
            )
        return self.in_city_by_cell[cell]


def desk_of(session: Session, *, geocode: Callable[[str], Answer] | None = None, valid_on: date | None = None) -> Desk:
    """Return who answers questions in a session; reads once what is known of wards."""
    try:
        units = packaged_units()
    except DataUnavailableError:
        units = None
    names: dict[str, str] = {}
    if (wards := store.current_version(session, LayerName.WARD)) is not None:
        columns = select(WardRow.ward_code, WardRow.name).where(WardRow.version_id == wards.version_id)
        names = {str(row.ward_code): str(row.name) for row in session.execute(columns)}
    words = WardWords(codes=frozenset(service.ward_codes(session)), name_of=names, units=units)
    return Desk(session=session, wards=words, geocode=geocode, valid_on=valid_on)


def _ward_note(wards: WardWords, codes: tuple[str, ...]) -> Text:
    labels = "; ".join(wards.label(code) for code in codes)
    return Text(f"Phường, xã được hiểu là: {labels}.", f"The ward was read as: {labels}.")
