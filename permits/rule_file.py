"""Reading a rule-pack from a file: every fault gets one sentence with its line and its rule."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import yaml
from pydantic import ValidationError

from basemap.model import LAYERS, LayerName, LayerSchema, Shape
from permits.fact_sheet import FACT_FIELDS, FactKind
from permits.limit_fields import LIMIT_FIELDS
from permits.rule_schema import Conditions, Pack, Rule
from spatial.errors import InputError
from spatial.text import Text

_SHOWN_PROBLEMS = 5
_LISTS = ("rules", "instruments")
_CITATION = ("clause", "instrument", "source")
_OWN_PREFIX = "Value error, "

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is wrong, and the way to it from the top of the file."""

    path: Path
    message: str


def read_pack(content: bytes, *, subject: str) -> Pack:
    """Return the pack in a file's bytes.

    Raises
    ------
    InputError
        It is no YAML, or no rule-pack that hangs together; every fault names its line and rule.
    """
    try:
        raw = yaml.load(content, Loader=yaml.CSafeLoader)
        pack = Pack.model_validate(raw)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        said = " ".join(str(error).split())
        raise InputError(Text(f"Không phải YAML: {said}", f"Not YAML: {said}"), subject=subject) from error
    except ValidationError as error:
        faults = [
            Fault(path=tuple(found["loc"]), message=_said(found["loc"], found["msg"])) for found in error.errors()
        ]
        raise _refused(faults, content, raw, subject=subject) from error
    faults = list(faults_of(pack))
    if faults:
        raise _refused(faults, content, raw, subject=subject)
    return pack


def _said(place: Sequence[str | int], message: str) -> str:
    message = message.removeprefix(_OWN_PREFIX)
    return f"citation is missing ({message})" if place and place[-1] in _CITATION else message


def faults_of(pack: Pack) -> Iterator[Fault]:
    """Yield what is wrong between the parts of a pack that are each in order."""
    yield from _twice(pack)
    for number, rule in enumerate(pack.rules):
        here: Path = ("rules", number)
        yield from _wrong_names(rule, pack, here)
        yield from _wrong_limit(rule, here)
        yield from _wrong_conditions(rule.applies_when, (*here, "applies_when"))
        yield from _wrong_conditions(rule.except_when, (*here, "except_when"))
        yield from _wrong_conditions(rule.any_of, (*here, "any_of"))
    yield from _cycles(pack)


def _twice(pack: Pack) -> Iterator[Fault]:
    seen: set[str] = set()
    for number, instrument in enumerate(pack.instruments):
        if instrument.id in seen:
            yield Fault(path=("instruments", number), message="two instruments share one id")
        seen.add(instrument.id)
    versions: dict[str, list[Rule]] = defaultdict(list)
    for number, rule in enumerate(pack.rules):
        for other in versions[rule.id]:
            if rule.valid.overlaps(other.valid) and rule.recorded.overlaps(other.recorded):
                yield Fault(path=("rules", number), message="two periods of it overlap")
        versions[rule.id].append(rule)


def _wrong_names(rule: Rule, pack: Pack, here: Path) -> Iterator[Fault]:
    if rule.instrument not in {instrument.id for instrument in pack.instruments}:
        yield Fault(path=(*here, "instrument"), message=f"the instrument {rule.instrument} is not in the file")
    for name in rule.facts:
        if name not in FACT_FIELDS:
            yield Fault(path=_where(rule, here, name), message=f"there is no fact {name}")
    known = {other.id for other in pack.rules}
    for key in ("exception_to", "references"):
        named = getattr(rule, key)
        for name in (named,) if isinstance(named, str) else named or ():
            if name not in known:
                yield Fault(path=(*here, key), message=f"there is no rule {name} in the file")
    if rule.layer is not None and rule.layer not in set(LayerName):
        yield Fault(path=(*here, "layer"), message=f"there is no layer {rule.layer}")
    elif rule.layer is not None:
        yield from _wrong_layer(rule, LAYERS[LayerName(rule.layer)], here)


def _wrong_layer(rule: Rule, schema: LayerSchema, here: Path) -> Iterator[Fault]:
    for column in rule.where:
        if column not in schema.attribute_names:
            yield Fault(path=(*here, "where", column), message=f"the layer {rule.layer} has no {column}")
    has_share = rule.direction == "min" or rule.value
    if rule.kind == "overlap" and has_share and schema.shape is not Shape.AREA:
        yield Fault(path=(*here, "layer"), message=f"a share needs a layer of areas, {rule.layer} is none")


def _where(rule: Rule, here: Path, fact: str) -> Path:
    for key in ("applies_when", "except_when", "any_of"):
        if fact in getattr(rule, key):
            return (*here, key, fact)
    keys = {"axis": rule.axis, "fact": rule.fact, "consulted": rule.consulted}
    found = next((key for key, name in keys.items() if name == fact), None)
    if found is not None:
        return (*here, found)
    if fact in rule.inputs:
        return (*here, "inputs")
    return (*here, "grid") if rule.table is None else (*here, "table", "axis")


def _wrong_limit(rule: Rule, here: Path) -> Iterator[Fault]:
    if rule.limit is None:
        return
    limit = LIMIT_FIELDS.get(rule.limit)
    if limit is None:
        yield Fault(path=(*here, "limit"), message=f"there is no limit {rule.limit}")
        return
    if limit.times_area_of is not None:
        yield Fault(path=(*here, "limit"), message=f"{limit.name} follows from {limit.times_area_of}: set that one")
    if limit.unit != rule.unit:
        yield Fault(path=(*here, "unit"), message=f"{limit.name} is in {limit.unit}, not in {rule.unit}")
    if limit.direction.value != rule.direction:
        yield Fault(path=(*here, "direction"), message=f"{limit.name} is {limit.direction.value}")


def _wrong_conditions(conditions: Conditions, here: Path) -> Iterator[Fault]:
    for name, condition in conditions.items():
        field = FACT_FIELDS.get(name)
        if field is None or condition.one_of is None:
            continue
        allowed: tuple[object, ...] = field.codes if field.kind is FactKind.CODE else (True, False)
        for value in condition.one_of:
            if value not in allowed:
                yield Fault(path=(*here, name), message=f"{value} is no value of {name}")


def _cycles(pack: Pack) -> Iterator[Fault]:
    leads_to: dict[str, tuple[str, ...]] = {}
    for rule in pack.rules:
        onward = (*rule.references, *((rule.exception_to,) if rule.exception_to else ()))
        leads_to[rule.id] = (*leads_to.get(rule.id, ()), *onward)
    settled: set[str] = set()
    for number, rule in enumerate(pack.rules):
        way = _way_back(rule.id, leads_to, settled)
        if way:
            yield Fault(path=("rules", number), message=f"its references go in a circle: {' → '.join(way)}")
            return


def _way_back(start: str, leads_to: Mapping[str, tuple[str, ...]], settled: set[str]) -> list[str]:
    """Return a way from ``start`` that meets itself; depth first, without recursion."""
    way = [start]
    onward = [iter(leads_to.get(start, ()))]
    while way:
        step = next(onward[-1], None)
        if step is None:
            settled.add(way.pop())
            onward.pop()
        elif step in way:
            return [*way[way.index(step) :], step]
        elif step not in settled:
            way.append(step)
            onward.append(iter(leads_to.get(step, ())))
    return []


def _refused(faults: Sequence[Fault], content: bytes, raw: object, *, subject: str) -> InputError:
    root = yaml.compose(content, Loader=yaml.CSafeLoader)
    said = [(_line(root, fault.path), _name(raw, fault.path), fault.message) for fault in faults[:_SHOWN_PROBLEMS]]
    vi = "; ".join(f"dòng {line}, {name}: {message}" for line, name, message in said)
    en = "; ".join(f"line {line}, {name}: {message}" for line, name, message in said)
    return InputError(
        Text(f"Bộ quy định bị từ chối: {vi}.", f"The rule-pack is refused: {en}."),
        hint=Text("Sửa tệp rồi nạp lại.", "Correct the file and load it again."),
        subject=subject,
    )


def _line(node: yaml.Node | None, path: Path) -> int:
    """Return the line of what ``path`` leads to, or of the nearest thing above it that stands in the file."""
    if node is None:
        return 1
    line = int(node.start_mark.line) + 1
    if not path:
        return line
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == str(path[0]):
                return max(int(key.start_mark.line) + 1, _line(value, path[1:]) if path[1:] else 0)
    if isinstance(node, yaml.SequenceNode) and isinstance(path[0], int) and path[0] < len(node.value):
        return _line(node.value[path[0]], path[1:])
    return line


def _name(raw: object, path: Path) -> str:
    """Return ``rule <id> <rest of the way>``."""
    if len(path) > 1 and path[0] in _LISTS and isinstance(path[1], int) and isinstance(raw, dict):
        entry = raw[path[0]][path[1]]
        name = entry.get("id", f"no. {path[1] + 1}") if isinstance(entry, dict) else f"no. {path[1] + 1}"
        return " ".join([f"{str(path[0]).removesuffix('s')} {name}", *(str(step) for step in path[2:])])
    return ".".join(str(step) for step in path) or "file"
