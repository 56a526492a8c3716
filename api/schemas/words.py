"""Sentences in both languages, as they are sent."""

from typing import Self

from pydantic import BaseModel

from spatial.text import Text


class TextOut(BaseModel):
    """One sentence, Vietnamese first."""

    vi: str
    en: str

    @classmethod
    def of(cls, text: Text) -> Self:
        """Return the sentence as it is sent."""
        return cls(vi=text.vi, en=text.en)
