"""What the law says about the procedure of works on a day: is a permit needed, who issues it, a temporary one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from permits.competence import ISSUING_RULEBOOK, Competence, competence
from permits.exemptions import EXEMPTION_RULEBOOK, Exemption, exemption
from permits.rulebook import Rulebook
from permits.temporary import TemporaryPermit, temporary_permit
from permits.works import Works

PROCEDURE_RULEBOOKS = (EXEMPTION_RULEBOOK, ISSUING_RULEBOOK)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcedureAnswer:
    """What the law says about the procedure of some works.

    Parameters
    ----------
    temporary
        None where no plan of the place was told: a temporary permit was not asked about.
    rulebooks
        Names and hashes of the rule-packs that the answer came from.
    """

    as_of: date
    exemption: Exemption
    competence: Competence
    temporary: TemporaryPermit | None
    rulebooks: Mapping[str, str]

    def to_json(self) -> dict[str, object]:
        """Return the public JSON."""
        return {
            "as_of": self.as_of.isoformat(),
            "exemption": self.exemption.to_json(),
            "competence": self.competence.to_json(),
            "temporary_permit": None if self.temporary is None else self.temporary.to_json(),
            "rulebooks": dict(self.rulebooks),
        }


def procedure_of(works: Works, *, rulebooks: Mapping[str, Rulebook], as_of: date) -> ProcedureAnswer:
    """Return what the law of ``as_of`` says; ``rulebooks`` holds those of `PROCEDURE_RULEBOOKS` by name."""
    issuing = rulebooks[ISSUING_RULEBOOK]
    asks_temporary = works.plan_level is not None or works.plan_implemented is not None
    return ProcedureAnswer(
        as_of=as_of,
        exemption=exemption(works, rulebook=rulebooks[EXEMPTION_RULEBOOK], as_of=as_of),
        competence=competence(works, rulebook=issuing, as_of=as_of),
        temporary=temporary_permit(works, rulebook=issuing, as_of=as_of) if asks_temporary else None,
        rulebooks={name: rulebooks[name].sha256 for name in PROCEDURE_RULEBOOKS},
    )
