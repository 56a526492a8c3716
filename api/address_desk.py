"""Who answers addresses: the published layers arranged once, and again when one of them is published anew."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from basemap import store
from basemap.address_index import build_index
from basemap.admin_unit_files import packaged_units
from basemap.former_wards import WardsOfBothTimes
from basemap.geocode import Geocoder
from basemap.model import LayerName, LayerVersionId
from basemap.ward_names import AdministrativeUnits, CurrentWards
from spatial.db import Database
from spatial.errors import DataUnavailableError

ADDRESS_LAYERS = (LayerName.ADDRESS, LayerName.STREET, LayerName.WARD)
"""The layers that every answer about an address comes from."""

Versions = Mapping[LayerName, LayerVersionId]


@dataclass(frozen=True, slots=True, kw_only=True)
class Clerk:
    """Answers addresses from certain versions of the layers.

    Parameters
    ----------
    knows_former_names
        Whether the conversion table was there; without it names of before July 2025 cannot be checked.
    """

    geocoder: Geocoder
    versions: Versions
    knows_former_names: bool


class AddressDesk:
    """Keeps the clerk of the newest published layers.

    Arranging a large city takes seconds. One request does it; those that come meanwhile are answered from the versions
    of before, which every answer names.
    """

    def __init__(self) -> None:
        self._clerk: Clerk | None = None
        self._arranging = threading.Lock()

    def clerk(self, database: Database) -> Clerk:
        """Return who answers now.

        Raises
        ------
        DataUnavailableError
            One of the layers is not published.
        """
        with database.transaction() as session:
            versions = published_versions(session)
        clerk = self._clerk
        if clerk is not None and clerk.versions == versions:
            return clerk
        if not self._arranging.acquire(blocking=clerk is None):
            assert clerk is not None  # noqa: S101 - only who has a clerk does not wait
            return clerk
        try:
            return self._arranged(database)
        finally:
            self._arranging.release()

    def _arranged(self, database: Database) -> Clerk:
        with database.transaction() as session:
            if self._clerk is None or self._clerk.versions != published_versions(session):
                self._clerk = read_clerk(session)
        return self._clerk


def published_versions(session: Session) -> Versions:
    """Return which version of each address layer is published.

    Raises
    ------
    DataUnavailableError
        One of the layers is not published.
    """
    return {layer: store.version_as_of(session, layer).version_id for layer in ADDRESS_LAYERS}


def read_clerk(session: Session) -> Clerk:
    """Read and arrange the published layers.

    Raises
    ------
    DataUnavailableError
        One of the layers is not published.
    """
    versions = published_versions(session)
    layers = {layer: store.read_layer(session, layer, version_id=version) for layer, version in versions.items()}
    wards = layers[LayerName.WARD]
    units, knows_former_names = _administrative_units(CurrentWards.of_layer(wards))
    index = build_index(layers[LayerName.ADDRESS], layers[LayerName.STREET], wards=wards, units=units)
    return Clerk(geocoder=Geocoder(index), versions=versions, knows_former_names=knows_former_names)


def _administrative_units(current: CurrentWards) -> tuple[AdministrativeUnits, bool]:
    """Return who knows former names too, or today's alone where the conversion table is not installed."""
    try:
        return WardsOfBothTimes(current, packaged_units()), True
    except DataUnavailableError:
        return current, False
