"""How a refusal is sent (RFC 9457), for the description of the interface; `api.errors` writes it."""

from typing import Annotated

from pydantic import BaseModel, Field

from api.schemas.words import TextOut


class FieldProblemOut(BaseModel):
    """One field to mend."""

    field: str
    message: TextOut


class ProblemOut(BaseModel):
    """One answer that is not what was asked for."""

    type: Annotated[str, Field(description="a URN, stable", examples=["urn:diaban:problem:not_found"])]
    title: str
    status: int
    code: Annotated[str, Field(description="stable word for programs", examples=["not_found"])]
    message: TextOut
    hint: TextOut | None = None
    subject: Annotated[str | None, Field(description="what it is about")] = None
    errors: list[FieldProblemOut] | None = None
