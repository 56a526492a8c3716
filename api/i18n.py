"""Two languages on every page: sentences from ``locale/*.yaml``, numbers and dates in the manner of each."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from functools import lru_cache
from importlib import resources
from typing import Final, Protocol

import yaml
from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal, format_percent

LANGUAGES: Final = ("vi", "en")
LANGUAGE_COOKIE: Final = "diaban_language"
LANGUAGE_COOKIE_SECONDS: Final = 365 * 24 * 3600

_DAY_PATTERN: Final = "dd/MM/yyyy"
_NUMBER_AND_UNIT: Final = re.compile(r"(?<=\d) (?=(?:m|m²|km)\b|m²)")
_VIETNAM: Final = timezone(timedelta(hours=7), "Asia/Ho_Chi_Minh")


class Speakable(Protocol):
    """Anything that has its sentence in both languages, e.g. `spatial.text.Text`."""

    def in_language(self, language: str) -> str:
        """Return the sentence in ``language``."""


class HasLanguageChoice(Protocol):
    """What a request tells about the reader's language."""

    @property
    def query_params(self) -> Mapping[str, str]:
        """Parameters of the address."""

    @property
    def cookies(self) -> Mapping[str, str]:
        """Cookies that the browser sent."""


def language_of(request: HasLanguageChoice) -> str:
    """Return the language of a request: ``?lang=``, then the cookie, then Vietnamese."""
    for choice in (request.query_params.get("lang"), request.cookies.get(LANGUAGE_COOKIE)):
        if choice in LANGUAGES:
            return str(choice)
    return LANGUAGES[0]


@dataclass(frozen=True, slots=True)
class Speech:
    """Sentences, numbers and dates in one language."""

    language: str

    @property
    def other_language(self) -> str:
        """The language that the switch leads to."""
        return "en" if self.language == "vi" else "vi"

    def __call__(self, key: str, **values: object) -> str:
        """Return the sentence called ``key`` with ``{name}`` places filled in.

        Raises
        ------
        KeyError
            No such sentence: a mistake in a template, found by the tests.
        """
        sentence = sentences(self.language)[key]
        return sentence.format(**values) if values else sentence

    def knows(self, key: str) -> bool:
        """Tell whether there is a sentence called ``key``."""
        return key in sentences(self.language)

    def say(self, text: Speakable) -> str:
        """Return a text that the core made, in this language; a number and its unit stay on one line."""
        return _NUMBER_AND_UNIT.sub("\N{NO-BREAK SPACE}", text.in_language(self.language))

    def number(self, value: float, *, digits: int = 0) -> str:
        """Return ``1.234,5`` or ``1,234.5``, rounded to ``digits`` decimals, without trailing zeros."""
        pattern = "#,##0." + "#" * digits if digits else "#,##0"
        return str(format_decimal(value, format=pattern, locale=self._locale))

    def metres(self, value_m: float, *, digits: int = 0) -> str:
        """Return a length such as ``1.234 m``."""
        return f"{self.number(value_m, digits=digits)}\N{NO-BREAK SPACE}m"

    def walk(self, value_m: float) -> str:
        """Return a walking distance: metres, and kilometres too from one kilometre on."""
        if value_m < 1000:  # noqa: PLR2004  # metres in a kilometre
            return self.metres(value_m)
        return f"{self.metres(value_m)} ({self.number(value_m / 1000, digits=1)}\N{NO-BREAK SPACE}km)"

    def area(self, value_m2: float) -> str:
        """Return an area such as ``72,5 m²``."""
        return f"{self.number(value_m2, digits=1)}\N{NO-BREAK SPACE}m²"

    def percent(self, ratio: float, *, digits: int = 0) -> str:
        """Return a fraction as per cent: ``87%``."""
        pattern = "#,##0." + "#" * digits + "%" if digits else "#,##0%"
        return str(format_percent(ratio, format=pattern, locale=self._locale))

    def day(self, value: date) -> str:
        """Return ``22/11/2026``; a moment is taken to Vietnamese time first."""
        if isinstance(value, datetime):
            value = (value.astimezone(_VIETNAM) if value.tzinfo else value).date()
        return format_date(value, format=_DAY_PATTERN, locale=self._locale)

    @property
    def _locale(self) -> Locale:
        return Locale.parse("vi_VN" if self.language == "vi" else "en_GB")


@lru_cache(maxsize=len(LANGUAGES))
def speech(language: str) -> Speech:
    """Return how ``language`` is spoken; anything unknown is Vietnamese."""
    return Speech(language if language in LANGUAGES else LANGUAGES[0])


@lru_cache(maxsize=len(LANGUAGES))
def sentences(language: str) -> Mapping[str, str]:
    """Return every sentence of one language by its dotted key."""
    text = (resources.files("api") / "locale" / f"{language}.yaml").read_text(encoding="utf-8")
    return dict(_flattened(yaml.safe_load(text), prefix=""))


def _flattened(tree: Mapping[str, object], *, prefix: str) -> Iterator[tuple[str, str]]:
    for key, value in tree.items():
        if isinstance(value, Mapping):
            yield from _flattened(value, prefix=f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", str(value)
