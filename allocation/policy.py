"""The rule of a round as data: a policy is a list of stages, each a solver with its limits."""

import hashlib
import json
from importlib import resources
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, PositiveInt, ValidationError

from allocation.model import Level
from spatial.errors import InputError
from spatial.text import Text

DEFAULT_POLICY = "least-travel"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Title(_Strict):
    """The name of a policy as people read it."""

    vi: str
    en: str


class LeastTravelStage(_Strict):
    """Most children placed, then the least total distance, then the lottery.

    Parameters
    ----------
    max_distance_m
        Longest way that the stage may give to a child of a level, in metres; no limit where a level is not named.
    """

    kind: Literal["least_travel"]
    max_distance_m: dict[Level, PositiveInt] = Field(default_factory=dict)


Stage = LeastTravelStage
"""One stage of a policy; further kinds join here, told apart by ``kind``."""


class Policy(_Strict):
    """A named, versioned rule.

    Parameters
    ----------
    everybody_must_be_placed
        Whether a round that leaves a child without a seat is refused as infeasible.
    """

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    version: str
    title: Title
    stages: Annotated[tuple[Stage, ...], Field(min_length=1)]
    everybody_must_be_placed: bool = False

    @property
    def canonical_json(self) -> str:
        """The policy as JSON with sorted keys, the text that is hashed and kept beside a result."""
        return json.dumps(self.model_dump(mode="json"), ensure_ascii=False, indent=2, sort_keys=True) + "\n"

    @property
    def sha256(self) -> str:
        """SHA-256 of `canonical_json`."""
        return hashlib.sha256(self.canonical_json.encode()).hexdigest()


def shipped_policies() -> tuple[str, ...]:
    """Return the names of the policies that come with the product."""
    folder = resources.files("allocation") / "policies"
    return tuple(sorted(entry.name.removesuffix(".yaml") for entry in folder.iterdir() if entry.name.endswith(".yaml")))


def load_policy(name: str) -> Policy:
    """Return a shipped policy by its name, or the one in a YAML file.

    Raises
    ------
    InputError
        There is no such policy, or the file is not a valid one; the message names the entry that is wrong.
    """
    if name in shipped_policies():
        return parse_policy((resources.files("allocation") / "policies" / f"{name}.yaml").read_text(), subject=name)
    path = Path(name)
    if not path.is_file():
        known = ", ".join(shipped_policies())
        raise InputError(
            Text(f"Không có quy tắc {name!r}.", f"There is no policy {name!r}."),
            hint=Text(f"Có sẵn: {known}; hoặc chỉ ra một tệp YAML.", f"Shipped: {known}; or name a YAML file."),
        )
    return parse_policy(path.read_text(encoding="utf-8"), subject=path.name)


def parse_policy(text: str, *, subject: str) -> Policy:
    """Return the policy that a YAML text describes.

    Raises
    ------
    InputError
        The text is no YAML, or no valid policy.
    """
    try:
        return Policy.model_validate(yaml.safe_load(text))
    except yaml.YAMLError as error:
        raise InputError(Text("Không phải YAML hợp lệ.", "This is no valid YAML."), subject=subject) from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "policy"
        raise InputError(
            Text(f"Quy tắc sai ở {where}: {first['msg']}.", f"The policy is wrong at {where}: {first['msg']}."),
            hint=Text("Xem docs/how-to/run-a-round.md.", "See docs/how-to/run-a-round.md."),
            subject=subject,
        ) from error
