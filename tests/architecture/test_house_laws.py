"""Laws of the house that no linter knows."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
PACKAGES = ("spatial", "basemap", "allocation", "permits", "api")
LONGEST_FILE_LINES = 500
LONGEST_FUNCTION_LINES = 50

THIRD_PARTY_HOSTS = re.compile(
    r"cdn\.jsdelivr|unpkg\.com|cdnjs|tile\.openstreetmap|fonts\.g(oogleapis|static)|code\.jquery|maxcdn|cartocdn"
)


def sources() -> Iterator[Path]:
    for package in PACKAGES:
        yield from sorted((REPOSITORY / package).rglob("*.py"))


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def called_names(tree: ast.AST) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield node.func.attr, node.lineno


def test_no_file_is_longer_than_the_house_allows() -> None:
    lengths = {str(path): len(path.read_text(encoding="utf-8").splitlines()) for path in sources()}
    assert {path: lines for path, lines in lengths.items() if lines > LONGEST_FILE_LINES} == {}


def test_no_function_is_longer_than_the_house_allows() -> None:
    too_long = [
        f"{path.relative_to(REPOSITORY)}:{node.lineno} {node.name}"
        for path in sources()
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno + 1 - len((ast.get_docstring(node) or "").splitlines())
        > LONGEST_FUNCTION_LINES
    ]
    assert too_long == []


def test_the_clock_is_read_in_api_alone() -> None:
    clock = {"now", "utcnow", "today"}
    readings = [
        f"{path.relative_to(REPOSITORY)}:{line}"
        for path in sources()
        if path.relative_to(REPOSITORY).parts[0] != "api"
        for name, line in called_names(parsed(path))
        if name in clock
    ]
    assert readings == []


def test_the_environment_is_read_in_api_alone() -> None:
    readings = [
        str(path.relative_to(REPOSITORY))
        for path in sources()
        if path.relative_to(REPOSITORY).parts[0] != "api" and "os.environ" in path.read_text(encoding="utf-8")
    ]
    assert readings == []


def test_nothing_is_reprojected_past_the_pinned_operation() -> None:
    past = [
        f"{path.relative_to(REPOSITORY)}:{line}"
        for path in sources()
        for name, line in called_names(parsed(path))
        if name == "to_crs"
    ]
    assert past == []


def test_nothing_commits_outside_the_boundary() -> None:
    commits = [
        f"{path.relative_to(REPOSITORY)}:{line}"
        for path in sources()
        if path.relative_to(REPOSITORY) != Path("spatial/db.py")
        for name, line in called_names(parsed(path))
        if name == "commit"
    ]
    assert commits == []


@pytest.mark.parametrize("package", PACKAGES)
def test_the_face_of_a_package_lists_what_it_exports_sorted(package: str) -> None:
    tree = parsed(REPOSITORY / package / "__init__.py")
    imported = {
        alias.asname or alias.name for node in tree.body if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    listed = next(
        (
            [ast.literal_eval(element) for element in node.value.elts]
            for node in tree.body
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.List)
        ),
        [],
    )
    assert set(listed) == imported
    assert len(listed) == len(set(listed))


def test_no_file_that_is_served_names_a_third_party_host() -> None:
    served = [
        path
        for package in PACKAGES
        for path in (REPOSITORY / package).rglob("*")
        if path.suffix in {".py", ".html", ".css", ".js", ".svg", ".yaml"}
    ]
    named = [str(path) for path in served if THIRD_PARTY_HOSTS.search(path.read_text(encoding="utf-8"))]
    assert named == []


def test_no_personal_number_stands_in_the_repository() -> None:
    """Twelve digits that could be a child's: province, then 2 or 3 for this century, then a year up to 26."""
    number = re.compile(r"(?<![\d.])0\d{2}[23](?:0\d|1\d|2[0-6])\d{6}(?!\d)")
    texts = [
        path
        for folder in (*PACKAGES, "tests", "docs", "notebooks", "benchmarks")
        for path in (REPOSITORY / folder).rglob("*")
        if path.suffix in {".py", ".md", ".yaml", ".html", ".json", ".ipynb", ".csv"}
    ]
    found = [str(path) for path in texts if number.search(path.read_text(encoding="utf-8"))]
    assert found == []


UNITS = re.compile(r"(_|^)(m|m2|mm|s|days|ratio|degrees|px|cosine|kv|km_per_h)$", re.IGNORECASE)
WITHOUT_UNIT = {
    "x", "y", "lon", "lat",  # coordinates: the unit is that of the coordinate system beside them
    "value", "number",  # a value that travels with its unit in a field beside it, and its bounds
    "before", "after",
    "minimum", "maximum", "limit", "lower", "upper", "margin", "lowest", "highest", "cap", "proposed", "axis_value",
    "scale_denominator",  # 1 to this many: no other word for it on maps
    "share_nearest",  # a promised key of summary.json
}  # fmt: skip


def quantities(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Names annotated as float, or None: fields, variables and arguments."""
    annotated = [
        *((node.target.id, node) for node in ast.walk(tree) if isinstance(node, ast.AnnAssign)
          and isinstance(node.target, ast.Name)),
        *((node.arg, node) for node in ast.walk(tree) if isinstance(node, ast.arg) and node.annotation),
    ]  # fmt: skip
    for name, node in annotated:
        if node.annotation is not None and ast.unparse(node.annotation) in {"float", "float | None"}:
            yield name, node.lineno


def test_a_quantity_says_its_unit_in_its_name() -> None:
    silent = [
        f"{path.relative_to(REPOSITORY)}:{line} {name}"
        for path in sources()
        for name, line in quantities(parsed(path))
        if not UNITS.search(name) and name not in WITHOUT_UNIT
    ]
    assert silent == []
