"""Questions about the procedure of a permit."""

from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from permits.deadlines import Procedure, SupplementClock

_FIRST, _LAST = date(2000, 1, 1), date(2098, 12, 31)
Day = Annotated[date, Field(ge=_FIRST, le=_LAST)]


class DueQuery(BaseModel):
    """A dossier: what is asked for, and when what happened."""

    model_config = ConfigDict(extra="forbid")

    procedure: Procedure
    received: Annotated[Day, Field(description="day on which the dossier was complete and valid")]
    lodged: Annotated[Day | None, Field(default=None, description="day of handing in, if another")]
    notice_sent: Annotated[Day | None, Field(default=None, description="day of the supplement notice")]
    supplement_received: Annotated[Day | None, Field(default=None, description="day of the supplement")]
    supplement_clock: Annotated[
        SupplementClock,
        Field(default=SupplementClock.PAUSED, description="whether the supplement stops the office's clock"),
    ]


class ProcedureIn(BaseModel):
    """Works as facts, e.g. ``{"kind": "house", "floors": 4}``; what is absent or null is unknown."""

    model_config = ConfigDict(extra="forbid")

    works: Annotated[dict[str, Any], Field(max_length=100)]
    as_of: Annotated[date | None, Field(default=None, description="basis date; today in Vietnam when absent")]


Papers = Annotated[list[Annotated[str, Field(max_length=40)]], Field(default_factory=list, max_length=40)]


class DossierQuery(BaseModel):
    """A dossier, and what is known of its papers by name."""

    model_config = ConfigDict(extra="forbid")

    kind: Annotated[str, Field(max_length=40, examples=["house"])]
    on_file: Annotated[Papers, Field(description="held already: not asked again")]
    received: Annotated[Papers, Field(description="handed in")]
    required: Annotated[Papers, Field(description="another law asks for it")]
    not_required: Annotated[Papers, Field(description="no law asks for it")]
    as_of: Annotated[Day | None, Field(default=None, description="day of the dossier; today in Vietnam when absent")]


class TermsQuery(BaseModel):
    """A permit: when it was issued, and when extended."""

    model_config = ConfigDict(extra="forbid")

    issued: Day
    extended: Annotated[list[Day], Field(default_factory=list, max_length=5, description="day of each extension")]
