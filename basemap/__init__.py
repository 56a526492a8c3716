"""The shared basemap: layers, their quality, their versions, and maps of them."""

from basemap.intake import Intake, read_layer_file
from basemap.model import LAYERS, LayerName, LayerSchema, LayerVersion
from basemap.validate import Validation, validate_layer

__all__ = [
    "LAYERS",
    "Intake",
    "LayerName",
    "LayerSchema",
    "LayerVersion",
    "Validation",
    "read_layer_file",
    "validate_layer",
]
