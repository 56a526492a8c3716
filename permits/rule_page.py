"""The page of a rule-pack in plain words, written from the rule-pack itself so that the two cannot drift apart."""

from fractions import Fraction

from permits.rule_schema import Condition, Conditions, Instrument, Rule
from permits.rule_tables import Grid
from permits.rulebook import Rulebook

_KINDS = {
    "step_table": "table, the row whose range holds the value",
    "step_grid": "table of two axes, the cell whose ranges hold both values",
    "piecewise_linear": "table, straight line between two entries",
    "bilinear": "table of two axes, straight lines between the entries",
    "constant": "fixed figure",
    "share_of": "share of a fact",
    "parameters": "fixed figures",
    "cap": "figure of a plan",
    "codes": "list of codes",
    "predicate": "yes or no",
    "review": "no figure: a person decides",
    "overlap": "share of the ground that a layer may cover, or must hold",
    "distance": "least distance to a layer",
}


def rule_page(rulebook: Rulebook) -> str:
    """Return the Markdown page of a rule-pack: instruments, then every rule with its basis, measure and example."""
    title = rulebook.title
    parts = [
        f"# {title.vi}\n\n*{title.en}*\n",
        f"Rule-pack `{rulebook.name}`. Written from it by `diaban permits rules`; change the pack, not the page.\n",
        "## Văn bản (instruments)\n",
        *(_instrument(instrument) for instrument in rulebook.instruments.values()),
        "## Quy định (rules)\n",
        *(_rule(rulebook, rule) for rule in rulebook.rules),
    ]
    return "\n".join(parts).rstrip() + "\n"


def _instrument(instrument: Instrument) -> str:
    until = "" if instrument.effective_to is None else f" to {instrument.effective_to}"
    text = f"text: {instrument.verification}. {instrument.source}."
    doubt = "" if instrument.certain_from is None else f" (beyond doubt from {instrument.certain_from})"
    lines = [
        f"- **{instrument.number}**, {instrument.issuer}. {instrument.title.vi}.",
        f"  In force from {instrument.effective_from}{until}{doubt}; basis date: `{instrument.basis_date}`; {text}",
    ]
    if instrument.replaces:
        lines.append(f"  Replaces {', '.join(instrument.replaces)}.")
    return "\n".join(lines) + "\n"


def _rule(rulebook: Rulebook, rule: Rule) -> str:
    lines = [
        f"### {rule.title.vi} (`{rule.id}`)\n",
        f"*{rule.title.en}*\n",
        f"**Căn cứ (legal basis):** {rulebook.citation(rule)}\n",
        f"**Nội dung:** {rule.requirement.vi}\n",
        f"{rule.requirement.en}\n",
        f"**Cách đo:** {rule.measured.vi} {rule.measured.en}\n",
        f"**Ví dụ:** {rule.example.vi} {rule.example.en}\n",
    ]
    if rule.inputs:
        lines.append(f"**Facts:** {', '.join(f'`{name}`' for name in rule.inputs)}\n")
    lines.append(f"**Kind:** {_KINDS[rule.kind]}; {rule.severity}; not known: {rule.on_missing}\n")
    if rule.limit is not None:
        lines.append(f"**Giới hạn (limit):** `{rule.limit}`\n")
    if rule.applies_when:
        lines.append(f"**Áp dụng khi (applies when):** {_conditions(rule.applies_when)}\n")
    if rule.except_when:
        lines.append(f"**Trừ khi (except when):** {_conditions(rule.except_when)}\n")
    if rule.exception_to is not None:
        lines.append(f"**Thay cho (relieves from):** `{rule.exception_to}`\n")
    if rule.verification != "primary":
        lines.append(f"**Verification:** {rule.verification}\n")
    lines += _figures(rule)
    return "\n".join(lines)


def _conditions(conditions: Conditions) -> str:
    return "; ".join(f"`{name}` {_condition(condition)}" for name, condition in conditions.items())


def _condition(condition: Condition) -> str:
    if condition.one_of is not None:
        return " / ".join(str(value).lower() if isinstance(value, bool) else value for value in condition.one_of)
    if condition.stated is not None:
        return "stated" if condition.stated else "not stated"
    bounds = (("≥", condition.at_least), (">", condition.over), ("≤", condition.at_most), ("<", condition.under))
    return " ".join(f"{sign} {_cell(bound)}" for sign, bound in bounds if bound is not None)


def _figures(rule: Rule) -> list[str]:
    lines = []
    if rule.table is not None:
        lines += _table((f"{rule.table.axis} ≥", *rule.table.columns), rule.table.rows)
    if rule.grid is not None:
        lines += _grid(rule.grid, rule.kind)
    if rule.nodes:
        lines += _table((rule.axis or rule.inputs[0], rule.unit), rule.nodes)
    if rule.value is not None:
        lines.append(f"**{_cell(rule.value)}** {rule.unit}\n")
    if rule.ratio is not None:
        least = "" if rule.at_least is None else f", at least {_cell(rule.at_least)} {rule.unit}"
        lines.append(f"**{rule.ratio}** × `{rule.fact}`{least}\n")
    if rule.any_of:
        lines.append(f"Yes if one holds: {_conditions(rule.any_of)}\n")
    if rule.reason is not None:
        lines.append(f"**NEEDS_REVIEW**, {rule.reason.value}\n")
    if rule.parameters:
        lines += _table(("figure", "value"), tuple(rule.parameters.items()))
    if rule.codes:
        lines.append(", ".join(f"`{code}`" for code in rule.codes) + "\n")
    return lines


def _grid(grid: Grid, kind: str) -> list[str]:
    sign = "≥ " if kind == "step_grid" else ""
    header = (f"{' or '.join(grid.rows_by)} \\ {grid.columns_by[-1]}", *(f"{sign}{_cell(x)}" for x in grid.columns))
    rows = [(f"{sign}{_cell(row)}", *line) for row, line in zip(grid.rows, grid.values, strict=True)]
    if grid.beyond_rows is not None:
        rows.append((f"> {_cell(grid.rows[-1])}", *grid.beyond_rows))
    return _table(header, tuple(rows))


def _table(header: tuple[str, ...], rows: tuple[tuple[object, ...], ...]) -> list[str]:
    body = [f"| {' | '.join(_cell(value) for value in row)} |" for row in rows]
    return ["\n".join([f"| {' | '.join(header)} |", "|" + "---|" * len(header), *body]) + "\n"]


def _cell(value: object) -> str:
    if value is None:
        return "–"
    return f"{float(value):.10g}" if isinstance(value, Fraction) else str(value)
