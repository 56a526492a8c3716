"""What a layer answers about a parcel: concerned, to be reviewed, not concerned, or not checked and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import shapely

from basemap.model import LAYERS, LayerName
from basemap.special_areas import SPECIAL_KIND_LABELS, SpecialKind
from permits.overlap import Band
from spatial.geometry import Located
from spatial.text import NO_TEXT, Text


class LayerStatus(StrEnum):
    """What a layer answers about a parcel."""

    CONCERNED = "CONCERNED"
    REVIEW = "REVIEW"
    NOT_CONCERNED = "NOT_CONCERNED"
    NOT_CHECKED = "NOT_CHECKED"


class Cause(StrEnum):
    """Why a layer does not answer."""

    NOT_LOADED = "NOT_LOADED"
    FAILED = "FAILED"
    OUT_OF_EXTENT = "OUT_OF_EXTENT"


CAUSE_TEXTS: Mapping[Cause, Text] = {
    Cause.NOT_LOADED: Text("Lớp dữ liệu chưa được nạp.", "The layer is not loaded."),
    Cause.FAILED: Text("Lớp dữ liệu không đọc được.", "The layer could not be read."),
    Cause.OUT_OF_EXTENT: Text(
        "Thửa đất nằm ngoài, hoặc một phần ngoài, phạm vi của lớp dữ liệu.",
        "The parcel lies outside, or partly outside, what the layer covers.",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerFault:
    """A layer that cannot answer; stands in the place of its frame."""

    cause: Cause = Cause.NOT_LOADED
    note: Text = NO_TEXT


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerSource:
    """The version that answered, so that a finding can cite it.

    Parameters
    ----------
    valid_from, valid_to
        First and last day on which it holds; None where its source says nothing.
    datum_error_m
        What an unknown datum operation may have added, metres.
    """

    version_id: int
    source_file: str
    source_sha256: str
    valid_from: date | None = None
    valid_to: date | None = None
    source: str | None = None
    datum_error_m: float = 0.0

    def to_json(self) -> dict[str, object]:
        """Return the version for programs."""
        return {
            "version": self.version_id,
            "valid_from": None if self.valid_from is None else self.valid_from.isoformat(),
            "valid_to": None if self.valid_to is None else self.valid_to.isoformat(),
            "source": self.source,
            "source_file": self.source_file,
            "source_sha256": self.source_sha256,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Concern:
    """One feature of a layer that meets a parcel.

    Parameters
    ----------
    area_m2, share_ratio
        Common part, in square metres and as a share of the measured area.
    geometry
        Common part; for a near miss the shortest line from the parcel to the feature.
    distance_m
        From the parcel to the feature, 0 where they meet.
    """

    layer: LayerName
    feature_id: str
    name: str
    band: Band
    area_m2: float
    share_ratio: float
    geometry: Located
    detail: Mapping[str, object]
    distance_m: float = 0.0

    @property
    def is_felt(self) -> bool:
        """Whether the feature counts: a hit, or something that a person must look at."""
        return self.band in (Band.HIT, Band.REVIEW)


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerAnswer:
    """What one layer, or one kind of special area, says about a parcel.

    Parameters
    ----------
    concerns
        Slivers too, for whoever wants to look. A layer that is not checked because the parcel lies partly outside
        still tells what it knows.
    cause, note
        Why it is not checked, None where it is, and what exactly was the matter.
    source
        Version that answered; None where nobody said.
    nearest_m
        Distance to the nearest feature, as far as was looked; None: none was found.
    kind
        Of special areas; None speaks of the layer as a whole.
    """

    layer: LayerName
    status: LayerStatus
    concerns: tuple[Concern, ...] = ()
    cause: Cause | None = None
    note: Text = NO_TEXT
    source: LayerSource | None = None
    nearest_m: float | None = None
    kind: SpecialKind | None = None

    @property
    def is_settled(self) -> bool:
        """Whether the layer said clearly yes or no."""
        return self.status in (LayerStatus.CONCERNED, LayerStatus.NOT_CONCERNED)

    @property
    def is_clear(self) -> bool:
        """Whether the layer answered that nothing of it is near, not even a sliver."""
        return self.status is LayerStatus.NOT_CONCERNED and not self.concerns

    @property
    def truth(self) -> bool | None:
        """True: concerned; False: clearly not; None: nobody can tell."""
        return truth_of(self.status)

    @property
    def label(self) -> Text:
        """Name of the layer, or of the kind."""
        return LAYERS[self.layer].label if self.kind is None else SPECIAL_KIND_LABELS[self.kind]

    @property
    def felt(self) -> tuple[Concern, ...]:
        """Hits, and what must be looked at, the largest first."""
        if not self.concerns:
            return ()
        return tuple(sorted((each for each in self.concerns if each.is_felt), key=lambda each: -each.area_m2))

    @property
    def area_inside_m2(self) -> float:
        """Part of the parcel inside hits, each square metre counted once."""
        hits = [each.geometry.geometry for each in self.concerns if each.band is Band.HIT]
        return float(shapely.union_all(hits).area) if hits else 0.0

    def to_json(self) -> dict[str, object]:
        """Return the answer for programs."""
        return {
            "layer": self.layer.value,
            "kind": None if self.kind is None else self.kind.value,
            "status": self.status.value,
            "cause": None if self.cause is None else self.cause.value,
            "note": self.note._asdict() if self.note.vi else None,
            "area_inside_m2": round(self.area_inside_m2, 2),
            "nearest_m": None if self.nearest_m is None else round(self.nearest_m, 2),
            "features": [_feature_json(concern) for concern in self.felt],
            "version": None if self.source is None else self.source.to_json(),
        }


def _feature_json(concern: Concern) -> dict[str, object]:
    return {
        "feature_id": concern.feature_id,
        "name": concern.name,
        "band": concern.band.value,
        "area_m2": round(concern.area_m2, 2),
        "share_ratio": round(concern.share_ratio, 4),
        "distance_m": round(concern.distance_m, 2),
    }


def status_of(concerns: tuple[Concern, ...]) -> LayerStatus:
    """Return what concerns come to where the whole parcel was looked at."""
    if not concerns:
        return LayerStatus.NOT_CONCERNED
    bands = {concern.band for concern in concerns}
    if Band.HIT in bands:
        return LayerStatus.CONCERNED
    return LayerStatus.REVIEW if Band.REVIEW in bands else LayerStatus.NOT_CONCERNED


def truth_of(status: LayerStatus) -> bool | None:
    """Return whether a parcel is concerned; None where nobody can tell."""
    return _TRUTHS.get(status)


_TRUTHS: Mapping[LayerStatus, bool] = {LayerStatus.CONCERNED: True, LayerStatus.NOT_CONCERNED: False}

NOT_LOADED = LayerFault()
