"""Parcels and building permits: what may be built here, and which article says so.

The two verbs stand in modules of their name: ``permits.limits.limits`` and ``permits.check.check``.
"""

from permits.check import Check
from permits.deadlines import Dossier, Procedure, due_date
from permits.fact_sheet import read_facts
from permits.facts import Ground, ParcelFacts, facts_of
from permits.model import Facts, Limits, Verdict
from permits.parcels import Parcel, ParcelName, parse_parcel_key
from permits.proposal import Proposal, read_proposal
from permits.rulebook import Rulebook, load_rulebook

__all__ = [
    "Check",
    "Dossier",
    "Facts",
    "Ground",
    "Limits",
    "Parcel",
    "ParcelFacts",
    "ParcelName",
    "Procedure",
    "Proposal",
    "Rulebook",
    "Verdict",
    "due_date",
    "facts_of",
    "load_rulebook",
    "parse_parcel_key",
    "read_facts",
    "read_proposal",
]
