"""What a map asks about a point, and what it is told."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from basemap.tile_grid import DEEPEST_ZOOM


class PointOnMap(BaseModel):
    """A point that a reader pointed at."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    lon: Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
    lat: Annotated[float, Field(ge=-85, le=85, allow_inf_nan=False)]
    zoom: Annotated[int, Field(ge=0, le=DEEPEST_ZOOM)] = 18
    lang: Literal["vi", "en"] | None = None
    ticket: Annotated[str, Field(max_length=500)] | None = None


class AttributeOut(BaseModel):
    """One thing that a feature says, in the reader's language."""

    label: str
    value: str


class FeatureOut(BaseModel):
    """A feature in words."""

    title: str
    attributes: list[AttributeOut]


class FeaturesHere(BaseModel):
    """The features at a point, the nearest first."""

    features: list[FeatureOut]
    has_more: bool
