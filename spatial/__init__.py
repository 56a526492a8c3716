"""Place and distance, and the small kernel that everything stands on."""

from spatial.crs import BA_RIA_VUNG_TAU, HCMC, WEB_MERCATOR, WGS84, transformer
from spatial.errors import DiabanError
from spatial.geometry import Located, reproject, reproject_frame, whole_metres
from spatial.issues import Issue, IssueReport, Severity
from spatial.text import Text

__all__ = [
    "BA_RIA_VUNG_TAU",
    "HCMC",
    "WEB_MERCATOR",
    "WGS84",
    "DiabanError",
    "Issue",
    "IssueReport",
    "Located",
    "Severity",
    "Text",
    "reproject",
    "reproject_frame",
    "transformer",
    "whole_metres",
]
