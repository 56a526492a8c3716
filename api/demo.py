"""The whole product in one chain: a city is made, imported, its rounds run, its plots checked, everything published."""

import json
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path

import pandas as pd

from allocation.demo_applicants import make_applicants, make_capacities
from allocation.distances import pairs_on_streets
from allocation.intake import IntakeOptions, RoundInput, read_round
from allocation.model import Level, Reason
from allocation.policy import load_policy
from allocation.round import RoundSettings, run
from allocation.service import PublicationOrder, publish_round
from allocation.snapshot import RoundId
from allocation.streets import read_network
from api import accounts, migrations
from api.secret_key import load_secret
from api.settings import Settings
from basemap.demo_city import DemoCity, make_city, write_city
from basemap.model import LAYERS, LayerName
from basemap.service import import_layer
from basemap.tiles import build_tiles
from permits.rulebook import load_rulebook
from permits.service import BuildingChecks, check_buildings
from spatial.crs import HCMC
from spatial.db import Database, open_database
from spatial.errors import ConflictError
from spatial.files import whole_directory, whole_file
from spatial.issues import IssueReport
from spatial.text import Text

DEMO_FILE = "demo.json"
CITY_FOLDER, INPUT_FOLDER, ROUNDS_FOLDER = "city", "input", "rounds"
OFFICER = "canbo"
POLICY = "least-travel"
LOTTERY_SEED = "2026"
MOST_PLOTS_COUNT = 2000
_PASSWORD_BYTES = 9

Progress = Callable[[Text], None]
"""Told what begins now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoSize:
    """How large a city, drawn from which seed."""

    households: int
    seed: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoRound:
    """One round of the demonstration: its name, title and levels."""

    round_id: RoundId
    title: Text
    levels: tuple[Level, ...]


ROUNDS = (
    DemoRound(
        round_id=RoundId("2026-mam-non"),
        title=Text("Tuyển sinh mẫu giáo năm học 2026–2027", "Kindergarten admission 2026–27"),
        levels=(Level.KINDERGARTEN_3, Level.KINDERGARTEN_4, Level.KINDERGARTEN_5),
    ),
    DemoRound(
        round_id=RoundId("2026-lop-1"),
        title=Text("Tuyển sinh lớp 1 năm học 2026–2027", "Grade 1 admission 2026–27"),
        levels=(Level.GRADE_1,),
    ),
    DemoRound(
        round_id=RoundId("2026-lop-6"),
        title=Text("Tuyển sinh lớp 6 năm học 2026–2027", "Grade 6 admission 2026–27"),
        levels=(Level.GRADE_6,),
    ),
)

STEP_COUNT = len(LayerName) + len(ROUNDS) + 4
"""How often progress is told: every layer, every round, and the city, the tiles, the ways on foot and the plots."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelFigures:
    """What a round did at one level; distances in metres, None when nobody was placed."""

    level: str
    applicants: int
    placed: int
    mean_distance_m: float | None
    max_distance_m: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoSummary:
    """What the demonstration did, and what to try on it. Every person in it is generated.

    Parameters
    ----------
    verdicts
        Parcels by verdict.
    applicant_no, date_of_birth, receipt_code
        Of a child who was placed although a nearer school was full, where there is one.
    officer, password
        An account of an officer.
    """

    households: int
    layer_features: Mapping[str, int]
    levels: tuple[LevelFigures, ...]
    parcels_checked: int
    verdicts: Mapping[str, int]
    applicant_no: str
    date_of_birth: str
    receipt_code: str
    parcel_key: str
    officer: str
    password: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Registers:
    """What the rounds are run on: the files as an office would send them, read and measured.

    Parameters
    ----------
    with_receipts
        The generated children with receipt codes, which travel by themselves.
    """

    given: RoundInput
    with_receipts: pd.DataFrame


def demo_settings(directory: Path, settings: Settings) -> Settings:
    """Return ``settings`` with everything the demonstration writes inside ``directory``."""
    return settings.model_copy(update={"data_dir": directory / "data", "database_url": ""})


def build_demo(
    directory: Path, *, size: DemoSize, settings: Settings, built_at: datetime, progress: Progress = lambda _: None
) -> DemoSummary:
    """Build the demonstration in ``directory``, as a whole or not at all.

    Raises
    ------
    ConflictError
        ``directory`` holds something that is no demonstration.
    InputError
        The number of households is out of range.
    """
    _must_be_replaceable(directory)
    with whole_directory(directory, is_private=True) as temporary:
        chain = _Chain(
            directory=temporary, settings=demo_settings(temporary, settings), built_at=built_at, progress=progress
        )
        summary = chain.run(size)
        (temporary / DEMO_FILE).write_text(json.dumps(asdict(summary), ensure_ascii=False, indent=2), encoding="utf-8")
    return summary


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chain:
    """The steps, each standing on the one before."""

    directory: Path
    settings: Settings
    built_at: datetime
    progress: Progress

    def run(self, size: DemoSize) -> DemoSummary:
        self.progress(Text("Dựng thành phố", "Making a city"))
        city = make_city(households=size.households, seed=size.seed)
        paths = write_city(city, self.directory / CITY_FOLDER)
        database = open_database(self.settings.resolved_database_url, crs=self.settings.crs)
        try:
            migrations.upgrade(database)
            features = {layer.value: self._import(database, layer, path) for layer, path in paths.items()}
            self._draw_tiles(database)
            registers = self._registers(city, seed=size.seed)
            levels = [figures for each in ROUNDS for figures in self._run_round(database, each, registers)]
            checked = self._check_plots(database)
            password = self._add_officer(database)
        finally:
            database.close()
        child = self._child_to_try(registers.with_receipts)
        return DemoSummary(
            households=size.households,
            layer_features=features,
            levels=tuple(levels),
            parcels_checked=checked.parcel_count,
            verdicts={verdict.value: count for verdict, count in checked.verdict_counts.items()},
            applicant_no=str(child["applicant_no"]),
            date_of_birth=str(child["date_of_birth"]),
            receipt_code=str(child["receipt_code"]),
            parcel_key=next((str(keys[0]) for keys in checked.examples.values() if keys), ""),
            officer=OFFICER,
            password=password,
        )

    def _import(self, database: Database, layer: LayerName, path: Path) -> int:
        label = LAYERS[layer].label
        self.progress(Text(f"Nhập lớp: {label.vi}", f"Importing: {label.en}"))
        report = import_layer(database, layer, path, publish=True, imported_at=self.built_at, imported_by="demo")
        return report.accepted_count

    def _draw_tiles(self, database: Database) -> None:
        self.progress(Text("Vẽ ô bản đồ", "Drawing the map tiles"))
        for layer in LayerName:
            build_tiles(database, layer, directory=self.settings.tiles_dir)

    def _registers(self, city: DemoCity, *, seed: int) -> _Registers:
        self.progress(Text("Đo đường đi bộ", "Measuring the ways on foot"))
        applicants = make_applicants(city, seed=seed)
        schools = make_capacities(city, applicants, seed=seed)
        folder = self.directory / INPUT_FOLDER
        for name, frame in {
            "applicants.csv": applicants.drop(columns=["receipt_code"]),
            "receipts.csv": applicants[["applicant_no", "date_of_birth", "receipt_code"]],
            "schools.csv": schools,
        }.items():
            with whole_file(folder / name) as temporary:
                frame.to_csv(temporary, index=False)
        crs = self.settings.crs
        given = read_round(
            folder / "applicants.csv", folder / "schools.csv", options=IntakeOptions(crs=HCMC, storage_crs=crs)
        )
        network = read_network(self.directory / CITY_FOLDER / f"{LayerName.STREET.value}.gpkg", storage_crs=crs).network
        pairs = pairs_on_streets(given.applicants, given.schools, network).pairs
        return _Registers(given=replace(given, pairs=pairs, street_lines=network.edge_lines), with_receipts=applicants)

    def _run_round(self, database: Database, demo_round: DemoRound, registers: _Registers) -> Iterator[LevelFigures]:
        self.progress(Text(f"Xếp chỗ: {demo_round.title.vi}", f"Placing: {demo_round.title.en}"))
        directory = self.directory / ROUNDS_FOLDER / demo_round.round_id
        run(
            _of_levels(registers.given, demo_round.levels),
            settings=RoundSettings(policy=load_policy(POLICY), seed=LOTTERY_SEED, crs=self.settings.crs),
            directory=directory,
        )
        applicants = registers.with_receipts
        publish_round(
            database,
            directory,
            order=PublicationOrder(
                round_id=demo_round.round_id,
                title=demo_round.title,
                applicants=applicants[applicants["level"].isin(demo_round.levels)],
            ),
            published_dir=self.settings.published_dir,
            secret=load_secret(self.settings),
            published_at=self.built_at,
        )
        yield from _figures(directory / "offers.csv", applicants, levels=demo_round.levels)

    def _check_plots(self, database: Database) -> BuildingChecks:
        self.progress(Text("Kiểm tra thửa đất", "Checking plots"))
        return check_buildings(database, rulebook=load_rulebook(), as_of=self.built_at.date(), most=MOST_PLOTS_COUNT)

    def _add_officer(self, database: Database) -> str:
        password = secrets.token_urlsafe(_PASSWORD_BYTES)
        with database.transaction() as session:
            accounts.add_account(
                session, OFFICER, password=password, role=accounts.Role.OFFICER, created_at=self.built_at
            )
        return password

    def _child_to_try(self, applicants: pd.DataFrame) -> pd.Series:
        """Return a child in grade 1 who was placed although a nearer school was full; else any child."""
        offers = _offers(self.directory / ROUNDS_FOLDER / "2026-lop-1" / "offers.csv")
        for reason in (Reason.NEARER_SCHOOLS_FULL.value, Reason.NEAREST_SCHOOL.value):
            chosen = offers.loc[offers["reason"] == reason, "applicant_no"]
            if len(chosen):
                return applicants.set_index("applicant_no", drop=False).loc[str(chosen.iloc[0])]
        return applicants.iloc[0]


def _of_levels(given: RoundInput, levels: tuple[Level, ...]) -> RoundInput:
    """Return the part of ``given`` that is about ``levels``."""
    frames = {
        name: frame[frame["level"].isin(levels)].reset_index(drop=True)
        for name, frame in (("applicants", given.applicants), ("schools", given.schools), ("pairs", given.pairs))
        if frame is not None
    }
    return replace(given, issues=IssueReport(list(given.issues)), **frames)


def _figures(offers_csv: Path, applicants: pd.DataFrame, *, levels: tuple[Level, ...]) -> Iterator[LevelFigures]:
    offers = _offers(offers_csv).merge(applicants[["applicant_no", "level"]], on="applicant_no")
    for level in levels:
        own = offers[offers["level"] == level]
        walks_m = own.loc[own["school_code"] != "", "distance_m"].astype("int64")
        yield LevelFigures(
            level=level.value,
            applicants=len(own),
            placed=len(walks_m),
            mean_distance_m=float(walks_m.mean()) if len(walks_m) else None,
            max_distance_m=int(walks_m.max()) if len(walks_m) else None,
        )


def _offers(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def _must_be_replaceable(directory: Path) -> None:
    """Refuse to replace what is no demonstration: ``--out .`` must not cost anybody a folder."""
    if not directory.exists() or (directory.is_dir() and not any(directory.iterdir())):
        return
    if not (directory / DEMO_FILE).is_file():
        raise ConflictError(
            Text("Thư mục không trống và không phải bản thử.", "The folder is not empty and is no demonstration."),
            hint=Text("Chọn thư mục khác với --out.", "Choose another one with --out."),
            subject=str(directory),
        )
