"""Who may read which layer: everybody, officers, or nobody.

Every layer of the shared basemap is public unless the setting says otherwise: none of them names a person. An address
or a building is a place that everybody passes; who lives there stands in no layer.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from anyio import to_thread
from fastapi import Request

from api.dependencies import NotSignedInError, get_account
from basemap.model import LayerName
from spatial.errors import InputError, NotFoundError
from spatial.text import Text


class Readers(StrEnum):
    """Who may read a layer."""

    PUBLIC = "public"
    OFFICERS = "officers"
    NOBODY = "nobody"


def parse_layer_access(text: str) -> Mapping[LayerName, Readers]:
    """Return the readers of every layer from a text such as ``parcel=officers,address=nobody``.

    Raises
    ------
    InputError
        There is no such layer, or no such group of readers.
    """
    readers = dict.fromkeys(LayerName, Readers.PUBLIC)
    for part in filter(None, (each.strip() for each in text.split(","))):
        layer, _, group = (piece.strip() for piece in part.partition("="))
        try:
            readers[LayerName(layer)] = Readers(group)
        except ValueError as error:
            raise InputError(
                Text(f"Không hiểu {part!r}.", f"{part!r} is not understood."),
                hint=Text(
                    "Ghi như parcel=officers,address=nobody; nhóm: public, officers, nobody.",
                    "Write it like parcel=officers,address=nobody; groups: public, officers, nobody.",
                ),
                subject="DIABAN_LAYER_ACCESS",
            ) from error
    return MappingProxyType(readers)


def readers_of(request: Request, layer: LayerName) -> Readers:
    """Return who may read ``layer`` in this installation."""
    access: Mapping[LayerName, Readers] = request.app.state.layer_access
    return access[layer]


def readable_layers(request: Request) -> list[LayerName]:
    """Return the layers that the caller may read, in declared order."""
    groups = {Readers.PUBLIC}
    if Readers.OFFICERS in request.app.state.layer_access.values() and get_account(request) is not None:
        groups.add(Readers.OFFICERS)
    return [layer for layer in LayerName if readers_of(request, layer) in groups]


def readable_layer(request: Request, name: str) -> LayerName:
    """Return the layer called ``name``.

    Raises
    ------
    NotFoundError
        There is none, or nobody may read it.
    NotSignedInError
        It is for officers, and nobody is signed in.
    """
    if name not in LayerName.__members__.values() or readers_of(request, LayerName(name)) is Readers.NOBODY:
        raise no_such_collection()
    layer = LayerName(name)
    if readers_of(request, layer) is Readers.OFFICERS and get_account(request) is None:
        raise NotSignedInError(Text("Lớp này chỉ dành cho cán bộ.", "This layer is for officers."))
    return layer


async def find_readable_layer(request: Request, name: str) -> LayerName:
    """Return what `readable_layer` does, without a thread where everybody may read."""
    if name in LayerName.__members__.values() and readers_of(request, LayerName(name)) is Readers.PUBLIC:
        return LayerName(name)
    # Who is asking stands in the store.
    return await to_thread.run_sync(readable_layer, request, name)


def no_such_collection() -> NotFoundError:
    """Return the refusal for a collection that does not exist, or not for the caller."""
    return NotFoundError(
        Text("Không có lớp dữ liệu này.", "There is no such collection."),
        hint=Text("Xem danh sách ở /ogc/collections.", "See /ogc/collections."),
    )
