"""The tables say the same as the declared schemas."""

import pytest
from geoalchemy2 import Geometry
from sqlalchemy import Boolean, Date, Double, Integer, Table, Text, UniqueConstraint

from basemap.model import LAYERS, Kind, LayerName
from basemap.tables import FEATURE_ROWS

COLUMN_TYPES = {
    Kind.TEXT: Text,
    Kind.INTEGER: Integer,
    Kind.REAL: Double,
    Kind.BOOLEAN: Boolean,
    Kind.DATE: Date,
}
LAYER_NAMES = [pytest.param(layer, id=layer.value) for layer in LayerName]


def table_of(layer: LayerName) -> Table:
    table = FEATURE_ROWS[layer].__table__
    assert isinstance(table, Table)
    return table


def test_every_layer_has_a_table_of_its_name() -> None:
    assert {layer: row.__tablename__ for layer, row in FEATURE_ROWS.items()} == {
        layer: layer.value for layer in LayerName
    }


@pytest.mark.parametrize("layer", LAYER_NAMES)
def test_a_table_has_the_attributes_of_its_schema_in_order(layer: LayerName) -> None:
    names = [column.name for column in table_of(layer).columns]
    assert names == ["id", "version_id", "feature_id", *LAYERS[layer].attribute_names, "geometry"]


@pytest.mark.parametrize("layer", LAYER_NAMES)
def test_a_column_has_the_kind_of_its_attribute_and_is_required_as_it_says(layer: LayerName) -> None:
    for attribute in LAYERS[layer].attributes:
        column = table_of(layer).c[attribute.name]
        assert isinstance(column.type, COLUMN_TYPES[attribute.kind]), attribute.name
        assert column.nullable is not attribute.required, attribute.name


@pytest.mark.parametrize("layer", LAYER_NAMES)
def test_a_geometry_column_has_the_shape_of_its_schema_and_is_never_empty(layer: LayerName) -> None:
    column = table_of(layer).c.geometry
    assert isinstance(column.type, Geometry)
    assert column.type.geometry_type == LAYERS[layer].shape.value.upper()
    assert not column.nullable


@pytest.mark.parametrize("layer", LAYER_NAMES)
def test_a_feature_is_named_once_in_a_version(layer: LayerName) -> None:
    uniques = [item for item in table_of(layer).constraints if isinstance(item, UniqueConstraint)]
    assert [[column.name for column in unique.columns] for unique in uniques] == [["version_id", "feature_id"]]
