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
    message: Text


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
        raise InputError(_no_yaml(error), subject=subject) from error
    except ValidationError as error:
        raise _refused(_faults_of_form(error), content, raw, subject=subject) from error
    faults = list(faults_of(pack))
    if faults:
        raise _refused(faults, content, raw, subject=subject)
    return pack


def _no_yaml(error: yaml.YAMLError | UnicodeDecodeError) -> Text:
    mark = getattr(error, "problem_mark", None)
    if mark is None:
        return Text("Không phải YAML viết bằng UTF-8.", "Not YAML in UTF-8.")
    line, column = mark.line + 1, mark.column + 1
    return Text(f"Không phải YAML: dòng {line}, cột {column}.", f"Not YAML: line {line}, column {column}.")


def _faults_of_form(error: ValidationError) -> list[Fault]:
    found = error.errors()
    places = [tuple(each["loc"]) for each in found]
    return [
        Fault(path=place, message=_said(place, each["type"], each["msg"]))
        for place, each in zip(places, found, strict=True)
        # A list left short by its own faulty entries is no fault beside theirs.
        if not (each["type"] == "too_short" and any(other[: len(place)] == place != other for other in places))
    ]


def _said(place: Path, kind: str, message: str) -> Text:
    if place and place[-1] in _CITATION:
        return Text("thiếu căn cứ", "citation is missing")
    if not place and kind != "value_error":
        return Text("tệp không có các mục của một bộ quy định", "the file has none of the entries of a rule-pack")
    if kind == "missing":
        return Text("thiếu mục này", "it is missing")
    plain = message.removeprefix(_OWN_PREFIX)
    return Text(f"giá trị không dùng được ({plain})", plain)


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
            yield Fault(
                path=("instruments", number), message=Text("hai văn bản trùng id", "two instruments share one id")
            )
        seen.add(instrument.id)
    versions: dict[str, list[Rule]] = defaultdict(list)
    for number, rule in enumerate(pack.rules):
        for other in versions[rule.id]:
            if rule.valid.overlaps(other.valid) and rule.recorded.overlaps(other.recorded):
                yield Fault(
                    path=("rules", number), message=Text("hai thời kỳ hiệu lực chồng nhau", "two periods of it overlap")
                )
        versions[rule.id].append(rule)


def _wrong_names(rule: Rule, pack: Pack, here: Path) -> Iterator[Fault]:
    if rule.instrument not in {instrument.id for instrument in pack.instruments}:
        yield Fault(
            path=(*here, "instrument"),
            message=Text(
                f"văn bản {rule.instrument} không có trong tệp", f"the instrument {rule.instrument} is not in the file"
            ),
        )
    for name in rule.facts:
        if name not in FACT_FIELDS:
            yield Fault(
                path=_where(rule, here, name), message=Text(f"không có dữ kiện {name}", f"there is no fact {name}")
            )
    known = {other.id for other in pack.rules}
    for key in ("exception_to", "references"):
        named = getattr(rule, key)
        for name in (named,) if isinstance(named, str) else named or ():
            if name not in known:
                yield Fault(
                    path=(*here, key),
                    message=Text(f"trong tệp không có quy tắc {name}", f"there is no rule {name} in the file"),
                )
    if rule.layer is not None and rule.layer not in set(LayerName):
        yield Fault(
            path=(*here, "layer"), message=Text(f"không có lớp {rule.layer}", f"there is no layer {rule.layer}")
        )
    elif rule.layer is not None:
        yield from _wrong_layer(rule, LAYERS[LayerName(rule.layer)], here)


def _wrong_layer(rule: Rule, schema: LayerSchema, here: Path) -> Iterator[Fault]:
    for column in rule.where:
        if column not in schema.attribute_names:
            yield Fault(
                path=(*here, "where", column),
                message=Text(f"lớp {rule.layer} không có {column}", f"the layer {rule.layer} has no {column}"),
            )
    has_share = rule.direction == "min" or rule.value
    if rule.kind == "overlap" and has_share and schema.shape is not Shape.AREA:
        yield Fault(
            path=(*here, "layer"),
            message=Text(
                f"tỷ lệ cần lớp dạng vùng, {rule.layer} không phải",
                f"a share needs a layer of areas, {rule.layer} is none",
            ),
        )


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
        yield Fault(
            path=(*here, "limit"), message=Text(f"không có giới hạn {rule.limit}", f"there is no limit {rule.limit}")
        )
        return
    if limit.times_area_of is not None:
        yield Fault(
            path=(*here, "limit"),
            message=Text(
                f"{limit.name} tính từ {limit.times_area_of}: hãy ghi giới hạn đó",
                f"{limit.name} follows from {limit.times_area_of}: set that one",
            ),
        )
    if limit.unit != rule.unit:
        yield Fault(
            path=(*here, "unit"),
            message=Text(
                f"{limit.name} tính bằng {limit.unit}, không phải {rule.unit}",
                f"{limit.name} is in {limit.unit}, not in {rule.unit}",
            ),
        )
    if limit.direction.value != rule.direction:
        yield Fault(
            path=(*here, "direction"),
            message=Text(f"{limit.name} là {limit.direction.value}", f"{limit.name} is {limit.direction.value}"),
        )


def _wrong_conditions(conditions: Conditions, here: Path) -> Iterator[Fault]:
    for name, condition in conditions.items():
        field = FACT_FIELDS.get(name)
        if field is None or condition.one_of is None:
            continue
        allowed: tuple[object, ...] = field.codes if field.kind is FactKind.CODE else (True, False)
        for value in condition.one_of:
            if value not in allowed:
                yield Fault(
                    path=(*here, name),
                    message=Text(f"{value} không phải giá trị của {name}", f"{value} is no value of {name}"),
                )


def _cycles(pack: Pack) -> Iterator[Fault]:
    leads_to: dict[str, tuple[str, ...]] = {}
    for rule in pack.rules:
        onward = (*rule.references, *((rule.exception_to,) if rule.exception_to else ()))
        leads_to[rule.id] = (*leads_to.get(rule.id, ()), *onward)
    settled: set[str] = set()
    for number, rule in enumerate(pack.rules):
        way = _way_back(rule.id, leads_to, settled)
        if way:
            yield Fault(path=("rules", number), message=_circle(" → ".join(way)))
            return


def _circle(way: str) -> Text:
    return Text(f"dẫn chiếu thành vòng: {way}", f"its references go in a circle: {way}")


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
    vi = "; ".join(f"dòng {line}, {name}: {message.vi}" for line, name, message in said)
    en = "; ".join(f"line {line}, {name}: {message.en}" for line, name, message in said)
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
