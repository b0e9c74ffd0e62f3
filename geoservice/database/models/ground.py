"""What lies on the ground: roads, railways, water, walls, built-up land."""

from __future__ import annotations

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import Text

from geoservice.database.models.base import (
    SRID,
    Base,
    Classified,
    Dated,
    Versioned,
    classified_constraints,
    dated_constraints,
    geometry_constraints,
    gist,
    mercator,
    no_overlap,
)

ONEWAY = ("no", "forward", "backward")


class Road(Classified, Versioned, Base):
    """A road as its source draws it, with one node id a vertex: roads meet where they share a node id.

    A bridge and the road below it cross without sharing one. Modes are those of layers/standards/modes.toml.
    """

    __tablename__ = "road"
    __table_args__ = (
        *classified_constraints(),
        *geometry_constraints(types=("LINESTRING",)),
        CheckConstraint(f"oneway in {ONEWAY}", name="oneway_known"),
        CheckConstraint("cardinality(node_ids) = ST_NPoints(geom)", name="node_per_vertex"),
        CheckConstraint("speed_kmh > 0 and speed_kmh <= 200", name="speed_sensible"),
        Index("ix_road_unpublished", "id", postgresql_where=text("not published")),
        gist("ix_road_geom", "geom"),
        gist("ix_road_geom_3857", "geom_3857"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str | None]
    class_: Mapped[str] = mapped_column("class")
    oneway: Mapped[str] = mapped_column(server_default="no", comment="For vehicles; walkers go both ways")
    modes: Mapped[list[str]] = mapped_column(ARRAY(Text), comment="Modes that may use it: walk, bicycle, car ...")
    level: Mapped[int] = mapped_column(server_default="0")
    bridge: Mapped[bool] = mapped_column(server_default="false")
    tunnel: Mapped[bool] = mapped_column(server_default="false")
    speed_kmh: Mapped[float | None] = mapped_column(comment="Posted speed, where known")
    node_ids: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    geom: Mapped[WKBElement] = mapped_column(Geometry("LINESTRING", SRID, spatial_index=False))
    geom_3857: Mapped[WKBElement] = mapped_column(Geometry("LINESTRING", 3857, spatial_index=False), mercator())


class Railway(Classified, Versioned, Base):
    """A railway line."""

    __tablename__ = "railway"
    __table_args__ = (
        *classified_constraints(),
        *geometry_constraints(types=("LINESTRING", "MULTILINESTRING")),
        gist("ix_railway_geom", "geom"),
        gist("ix_railway_geom_3857", "geom_3857"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str | None]
    class_: Mapped[str] = mapped_column("class")
    geom: Mapped[WKBElement] = mapped_column(Geometry("GEOMETRY", SRID, spatial_index=False))
    geom_3857: Mapped[WKBElement] = mapped_column(Geometry("GEOMETRY", 3857, spatial_index=False), mercator())


class Water(Classified, Versioned, Base):
    """A river, a canal or a lake, as a line or an area."""

    __tablename__ = "water"
    __table_args__ = (
        *classified_constraints(),
        *geometry_constraints(types=("LINESTRING", "MULTILINESTRING", "MULTIPOLYGON")),
        gist("ix_water_geom", "geom"),
        gist("ix_water_geom_3857", "geom_3857"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str | None]
    class_: Mapped[str] = mapped_column("class", comment="river, canal, stream, lake, pond, reservoir ...")
    geom: Mapped[WKBElement] = mapped_column(Geometry("GEOMETRY", SRID, spatial_index=False))
    geom_3857: Mapped[WKBElement] = mapped_column(Geometry("GEOMETRY", 3857, spatial_index=False), mercator())


class Wall(Classified, Versioned, Base):
    """A wall or a fence, with its openings left out."""

    __tablename__ = "wall"
    __table_args__ = (
        *classified_constraints(),
        *geometry_constraints(types=("LINESTRING", "MULTILINESTRING")),
        gist("ix_wall_geom", "geom"),
        gist("ix_wall_geom_3857", "geom_3857"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str | None]
    class_: Mapped[str] = mapped_column("class")
    geom: Mapped[WKBElement] = mapped_column(Geometry("GEOMETRY", SRID, spatial_index=False))
    geom_3857: Mapped[WKBElement] = mapped_column(Geometry("GEOMETRY", 3857, spatial_index=False), mercator())


class Control(Classified, Versioned, Base):
    """Land or an object that siting rules look at: a protection area, farmland, forest, a dyke, a fuel station."""

    __tablename__ = "control"
    __table_args__ = (
        *classified_constraints(),
        *geometry_constraints(
            types=("POINT", "MULTIPOINT", "LINESTRING", "MULTILINESTRING", "MULTIPOLYGON"),
        ),
        gist("ix_control_geom", "geom"),
        gist("ix_control_geom_3857", "geom_3857"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str | None]
    class_: Mapped[str] = mapped_column("class")
    geom: Mapped[WKBElement] = mapped_column(Geometry("GEOMETRY", SRID, spatial_index=False))
    geom_3857: Mapped[WKBElement] = mapped_column(Geometry("GEOMETRY", 3857, spatial_index=False), mercator())


class BuiltUpArea(Classified, Dated, Versioned, Base):
    """A built-up area (建成区) in its edition of a year: the scope of street and building names."""

    __tablename__ = "built_up_area"
    __table_args__ = (
        *classified_constraints(),
        *dated_constraints(),
        *geometry_constraints(types=("MULTIPOLYGON",)),
        UniqueConstraint("key", "valid_from", postgresql_nulls_not_distinct=True),
        no_overlap("key", name="ex_built_up_area_validity"),
        gist("ix_built_up_area_geom", "geom"),
        gist("ix_built_up_area_geom_3857", "geom_3857"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str]
    name: Mapped[str | None]
    class_: Mapped[str] = mapped_column("class", server_default="built_up", comment="built_up, residential, industrial")
    geom: Mapped[WKBElement] = mapped_column(Geometry("MULTIPOLYGON", SRID, spatial_index=False))
    geom_3857: Mapped[WKBElement] = mapped_column(Geometry("MULTIPOLYGON", 3857, spatial_index=False), mercator())
