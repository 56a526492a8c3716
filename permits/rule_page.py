"""The page of a rule-pack in plain words, written from the rule-pack itself so that the two cannot drift apart."""

from fractions import Fraction

from permits.rulebook import Instrument, Rule, Rulebook

_KINDS = {
    "step_table": "table, the row whose range holds the value",
    "piecewise_linear": "table, straight line between two entries",
    "parameters": "fixed figures",
    "cap": "figure of a plan",
    "codes": "list of codes",
    "predicate": "yes or no",
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
    lines += _figures(rule)
    return "\n".join(lines)


def _figures(rule: Rule) -> list[str]:
    lines = []
    if rule.table is not None:
        lines += _table((f"{rule.table.axis} ≥", *rule.table.columns), rule.table.rows)
    if rule.nodes:
        lines += _table((rule.inputs[0], rule.unit), rule.nodes)
    if rule.parameters:
        lines += _table(("figure", "value"), tuple(rule.parameters.items()))
    if rule.codes:
        lines.append(", ".join(f"`{code}`" for code in rule.codes) + "\n")
    return lines


def _table(header: tuple[str, ...], rows: tuple[tuple[object, ...], ...]) -> list[str]:
    body = [f"| {' | '.join(_cell(value) for value in row)} |" for row in rows]
    return ["\n".join([f"| {' | '.join(header)} |", "|" + "---|" * len(header), *body]) + "\n"]


def _cell(value: object) -> str:
    if value is None:
        return "–"
    return f"{float(value):g}" if isinstance(value, Fraction) else str(value)
