"""Admission rounds: who gets which school, by which rule, with a proof."""

from allocation.intake import read_round
from allocation.lottery import lottery_number
from allocation.model import Allocation, AllocationProblem, Level, Reason
from allocation.personal_id import PersonalId, Sex, make_personal_id, mask
from allocation.policy import Policy, load_policy
from allocation.problem_files import build_problem
from allocation.verify import Verification, verify_directory

__all__ = [
    "Allocation",
    "AllocationProblem",
    "Level",
    "PersonalId",
    "Policy",
    "Reason",
    "Sex",
    "Verification",
    "build_problem",
    "load_policy",
    "lottery_number",
    "make_personal_id",
    "mask",
    "read_round",
    "verify_directory",
]
