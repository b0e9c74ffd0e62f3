"""What the map page needs at its start, in one call."""

from __future__ import annotations

from fastapi import APIRouter, Depends
from fastapi.responses import Response
from pydantic import Field

from geoservice.access.release import Release
from geoservice.access.roles import Permission
from geoservice.api.conditional import Conditional
from geoservice.api.parameters import no_query
from geoservice.api.permits import needs
from geoservice.api.services import Service, Services
from geoservice.api.shapes import Bounds, Shape, Title
from geoservice.catalog import Limit, ServiceStandard, Style
from geoservice.database.filters import today
from geoservice.language import current_language, translate
from geoservice.publish.queries.overview import Overview
from geoservice.publish.queries.runs import latest_run
from geoservice.publish.revisions import etag

router = APIRouter(tags=["map"], dependencies=[Depends(no_query), needs(Permission.PUBLIC)])


class TileSource(Shape):
    """Where the tiles of a layer are; the source layer is named as the layer's id."""

    url: str
    minzoom: int
    maxzoom: int


class MapLayer(Shape):
    """A layer that the map can show."""

    id: str
    title: Title
    style: Style | None
    tiles: TileSource
    count: int


class MapType(Shape):
    """A facility type with the number of facilities open today."""

    code: str
    title: Title
    color: str | None
    shape: str | None
    count: int


class MapLimit(Shape):
    """Minutes by a mode."""

    mode: str
    minutes: int
    source: str
    setting: bool


class MapLimits(Shape):
    """By class of the community."""

    urban: MapLimit
    rural: MapLimit


class MapService(Shape):
    """A service standard."""

    id: str
    title: Title
    types: tuple[str, ...]
    limits: MapLimits
    rings: tuple[int, ...]
    headline: bool
    headline_type: str | None
    source: str
    note: str | None


class MapMode(Shape):
    """A way to travel."""

    id: str
    title: Title
    speed_kmh: float
    speeds: dict[str, float]
    off_network_kmh: float
    off_network_m: float
    barriers: tuple[str, ...]
    source: str
    setting: bool


class MapStart(Shape):
    """Everything that the page needs at its start."""

    bounds: Bounds | None
    county: str | None = Field(description="Name of the county where there is one and no other")
    schematic: bool
    notice: str | None
    attributions: list[str]
    release: list[str] = Field(description="What stands on paper: classification level, coordinates, map approval")
    layers: list[MapLayer]
    facility_types: list[MapType]
    services: list[MapService]
    modes: list[MapMode]
    latest_run: int | None


@router.get("/api/map", response_model=MapStart)
def map_start(service: Service, condition: Conditional) -> Response:
    """Extent, layers, facility types, service standards, modes and the newest run."""
    with service.read() as connection:
        overview, made_from = service.overview(connection, today())
        run = latest_run(connection)
    language = current_language.get()
    tag = etag("map", made_from, run, language, service.declared, service.approval)

    def body() -> Response:
        json = _start(service, overview, run).model_dump_json()
        return Response(json, media_type="application/json", headers={"Vary": "Accept-Language, Cookie"})

    return condition.answer(tag, body)


def _release(service: Services, overview: Overview) -> Release:
    """Of the map as whoever asks sees it: who sees what is internal may have it before them."""
    level = "internal" if service.actor.reads else "public"
    return Release(today(), level, overview.schematic, approval=service.approval)


def _approved(number: str | None) -> list[str]:
    return [] if number is None else [translate("release.approved", None, number=number)]


def _start(service: Services, overview: Overview, run: int | None) -> MapStart:
    catalog = service.catalog
    return MapStart(
        bounds=overview.bounds,
        county=overview.county,
        schematic=overview.schematic,
        notice=translate("api.notice.schematic") if overview.schematic else None,
        attributions=[*overview.attributions, *_approved(service.approval)],
        release=_release(service, overview).words(notice=False),
        layers=_layers(service, overview),
        facility_types=[
            MapType(
                code=entry.code,
                title=Title.of(entry.title),
                color=entry.color,
                shape=entry.shape,
                count=overview.facility_counts.get(entry.code, 0),
            )
            for entry in catalog.codes["facility_types"].entries
        ],
        services=[_service(item) for item in catalog.services.values()],
        modes=[
            MapMode(
                id=mode.id,
                title=Title.of(mode.title),
                speed_kmh=mode.speed_kmh,
                speeds=mode.speeds,
                off_network_kmh=mode.off_network_kmh,
                off_network_m=mode.off_network_m,
                barriers=mode.barriers,
                source=mode.source,
                setting=mode.setting,
            )
            for mode in catalog.modes.values()
        ],
        latest_run=run,
    )


def _layers(service: Services, overview: Overview) -> list[MapLayer]:
    return [
        MapLayer(
            id=layer.id,
            title=Title.of(layer.title),
            style=layer.style,
            tiles=TileSource(
                url=f"/tiles/{layer.id}/{{z}}/{{x}}/{{y}}.mvt",
                minzoom=layer.tiles.minzoom,
                maxzoom=layer.tiles.maxzoom,
            ),
            count=overview.counts.get(layer.id, 0),
        )
        for layer in service.catalog.layers.values()
        if layer.tiles is not None
    ]


def _service(item: ServiceStandard) -> MapService:
    return MapService(
        id=item.id,
        title=Title.of(item.title),
        types=item.types,
        limits=MapLimits(urban=_limit(item.limits.urban), rural=_limit(item.limits.rural)),
        rings=item.rings,
        headline=item.headline,
        headline_type=item.headline_type,
        source=item.source,
        note=item.note,
    )


def _limit(limit: Limit) -> MapLimit:
    return MapLimit(mode=limit.mode, minutes=limit.minutes, source=limit.source, setting=limit.setting)
