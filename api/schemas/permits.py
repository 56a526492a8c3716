"""Questions about what may be built."""

from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from permits.model import Verdict
from permits.overrides import MOST_REASON_LETTERS
from permits.rulebook import ALL_RULEBOOKS, DEFAULT_RULEBOOK

MOST_FACTS_COUNT = 100


class LimitsIn(BaseModel):
    """A plot as facts, e.g. ``{"building_type": "row_house", "plot_area_m2": 60}``; null is unknown.

    The bare facts, the file that ``diaban permits limits --facts`` takes, are an answerable question too.
    """

    model_config = ConfigDict(extra="forbid")

    facts: Annotated[dict[str, Any], Field(max_length=MOST_FACTS_COUNT)]
    as_of: Annotated[date | None, Field(default=None, description="basis date; today in Vietnam when absent")]
    rulebook: Annotated[str, Field(default=DEFAULT_RULEBOOK, max_length=60, pattern="^[a-z0-9-]+$")]

    @model_validator(mode="before")
    @classmethod
    def _bare_facts(cls, given: Any) -> Any:  # noqa: ANN401  whatever JSON came in
        if not isinstance(given, dict) or not given or "facts" in given:
            return given
        about = {name: given[name] for name in ("as_of", "rulebook") if name in given}
        return {"facts": {name: value for name, value in given.items() if name not in about}, **about}


class CheckIn(BaseModel):
    """A proposal on a parcel; its ``footprint`` is GeoJSON in WGS84, or in the system that ``footprint_crs`` names."""

    model_config = ConfigDict(extra="forbid")

    parcel: Annotated[str, Field(max_length=60, description="ward, sheet and number", examples=["26797-10-16"])]
    proposal: Annotated[dict[str, Any], Field(max_length=MOST_FACTS_COUNT)]
    as_of: Annotated[date | None, Field(default=None, description="basis date; today in Vietnam when absent")]
    rulebook: Annotated[str, Field(default=ALL_RULEBOOKS, max_length=60, pattern="^[a-z0-9-]+$")]


class EnvelopeIn(BaseModel):
    """A parcel, and what is taken for granted of the plot and the building; without that a row house."""

    model_config = ConfigDict(extra="forbid")

    parcel: Annotated[str, Field(max_length=60, description="ward, sheet and number", examples=["26797-10-16"])]
    suppose: Annotated[dict[str, Any], Field(default_factory=dict, max_length=MOST_FACTS_COUNT)]
    as_of: Annotated[date | None, Field(default=None, description="basis date; today in Vietnam when absent")]
    rulebook: Annotated[str, Field(default=ALL_RULEBOOKS, max_length=60, pattern="^[a-z0-9-]+$")]


class OverrideIn(CheckIn):
    """What an officer decides about one finding of a check, and why."""

    finding: Annotated[str, Field(max_length=120, description="one of finding_keys of the check")]
    verdict: Verdict
    reason: Annotated[str, Field(max_length=MOST_REASON_LETTERS)]
