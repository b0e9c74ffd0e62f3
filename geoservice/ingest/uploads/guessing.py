"""Which layer a table is most likely of."""

from __future__ import annotations

import shapely

from geoservice.catalog import Catalog, LayerDeclaration
from geoservice.errors import BadInput
from geoservice.ingest.fields import header_score, match_headers
from geoservice.ingest.geometry import allowed_types
from geoservice.ingest.readers.raw import RawTable

_LOOKED_AT = 200
_NAMED = 2.0
_MISSING = 1.5
_WRONG_SHAPE = 6.0
# What files of a layer are called, beside its title.
_WORDS = {
    "facilities": ("设施", "养老", "福利院", "公墓", "殡", "facilit"),
    "communities": ("社区", "村", "communit", "village"),
    "places": ("地名", "place", "name"),
    "units": ("乡镇", "区划", "街道", "unit", "township"),
    "roads": ("道路", "公路", "road"),
    "railways": ("铁路", "rail"),
    "water": ("水系", "水域", "河", "湖", "water"),
    "walls": ("围墙", "wall"),
    "controls": ("管控", "保护区", "农田", "林地", "红线", "堤", "control"),
    "built_up": ("建成区", "built"),
    "population": ("人口", "格网", "popul"),
}


def scores(raw: RawTable, catalog: Catalog, file: str) -> dict[str, float]:
    """How well each layer fits, the best first.

    A header that names a field counts one, a required field that none names, a geometry of a wrong kind and a title in
    the file's name count as above. It is a guess for a person to confirm, and no more.
    """
    found = {id_: _score(raw, layer, file) for id_, layer in catalog.layers.items()}
    return dict(sorted(found.items(), key=lambda one: -one[1]))


def _score(raw: RawTable, layer: LayerDeclaration, file: str) -> float:
    score = float(header_score(raw.headers, layer, {}))
    try:
        matched = match_headers(raw.headers, layer, {}, file=file, positions=raw.geometry is None)
    except BadInput:
        named: set[str] = set()
    else:
        named = set(matched.fields)
        # Two headers may name one field: what is matched counts, not what looks alike.
        score = float(len(matched.fields)) + (0.5 if matched.positions else 0.0)
    score -= _MISSING * sum(one.required and one.default is None and one.name not in named for one in layer.fields)
    words = (layer.title.zh, layer.title.en.lower(), *_WORDS.get(layer.id, ()))
    score += _NAMED * any(word in file.lower() for word in words)
    return score - (0.0 if _fits(raw, layer) else _WRONG_SHAPE)


def _fits(raw: RawTable, layer: LayerDeclaration) -> bool:
    """Whether geometries of the first rows are of a kind that the layer takes."""
    if raw.geometry is None:
        return layer.geometry == "Point" or not layer.geometry_required
    present = [one for one in raw.geometry[:_LOOKED_AT] if one is not None and not shapely.is_empty(one)]
    kinds = {one.geom_type for one in present}
    allowed = set(allowed_types(layer))
    if not allowed:
        return True
    return all(kind in allowed or kind.removeprefix("Multi") in allowed or f"Multi{kind}" in allowed for kind in kinds)
