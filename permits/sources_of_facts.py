"""Which layers of the map a fact comes from, so that a finding can name the versions that it rests on."""

from collections.abc import Iterable, Mapping

from basemap.model import LayerName

_PLANS = (LayerName.ZONE, LayerName.DETAILED_PLAN)
_ROADS = (LayerName.STREET, LayerName.ROAD_RESERVATION)
_LAYERS: Mapping[str, tuple[LayerName, ...]] = {
    "plot_area_m2": (LayerName.ROAD_RESERVATION,),
    "frontage_m": (LayerName.STREET,),
    "depth_m": _ROADS,
    "road_width_m": _ROADS,
    "road_widths_m": _ROADS,
    "width_on_larger_road_m": _ROADS,
    "through_plot": (LayerName.STREET,),
    "rear_road_width_m": _ROADS,
    "sidewalk_width_m": (LayerName.STREET,),
    "zone_plan_known": _PLANS,
    "zone_plan_max_site_coverage_ratio": _PLANS,
    "zone_plan_max_floors": _PLANS,
    "zone_plan_max_height_m": _PLANS,
    "zone_plan_max_plot_ratio": _PLANS,
    "plan_approval_date": _PLANS,
    "trade_axis": (LayerName.TRADE_AXIS,),
    "central_area": (LayerName.SPECIAL_AREA,),
    "in_special_area": (LayerName.SPECIAL_AREA,),
    "in_architecture_regulation_area": (LayerName.SPECIAL_AREA,),
    "in_urban_development_area_general_plan": (LayerName.SPECIAL_AREA,),
    "in_rural_residential_area_general_plan": (LayerName.SPECIAL_AREA,),
    "in_commune_plan_built_area": (LayerName.SPECIAL_AREA,),
    "in_functional_zone": (LayerName.SPECIAL_AREA,),
    "old_district_kind": (LayerName.SPECIAL_AREA,),
    "detailed_plan_applies": (LayerName.DETAILED_PLAN,),
    "detailed_plan_front_setback_m": (LayerName.DETAILED_PLAN,),
}


def layers_of_facts(names: Iterable[str]) -> tuple[LayerName, ...]:
    """Return the layers that the facts of those names are read from, each once."""
    return tuple(dict.fromkeys(layer for name in names for layer in _LAYERS.get(name, ())))
