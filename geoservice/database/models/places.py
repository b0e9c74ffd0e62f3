"""Places and their names."""

from __future__ import annotations

from datetime import date, datetime

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Computed,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import Text

from geoservice.database.models.base import (
    SCHEMA,
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

# The search's own form of a name, and what it is ordered by; a later migration changes these or none does.
FOLDED = "geoservice.folded(name)"
STANDING = "case kind when 'standard' then 0 when 'former' then 2 else 1 end"
# 0: walked through in the order of the search; 1: ended, or will end; 2: too long for an entry of an index, folded (11 times as long
# at most).
LANE = (
    "case when valid_to is not null then 1 when octet_length(name) > 150"
    " or octet_length(pinyin) + octet_length(tones) + octet_length(initials) > 900 then 2 else 0 end"
)
# Names of one standing, importance and length, in the order of the search; none where a name will end. As a list, for GIN holds lists.
GROUP_OF_STANDING, GROUP_OF_RANK = 10**16, 10**5
ORDER_GROUP = (
    f"array[case when valid_to is null then ({STANDING})::bigint * {GROUP_OF_STANDING}"
    f" + place_rank::bigint * {GROUP_OF_RANK} + length(name) end]"
)
LONGEST_SOUND = 48  # letters of a sound that the index holds
BEGINNING = 40  # characters of a name that the index of beginnings holds
FIRST_LETTERS, FIRST_INITIALS = 6, 4  # so many of a reading and of its initials are one word of the index
_ORDER = ("standing", "place_rank", "length", "id")

NAME_KINDS = ("standard", "alias", "abbreviation", "former", "map")


class Place(Classified, Versioned, Base):
    """A place (地名所指的实体): a point, a line or a polygon with one or several names."""

    __tablename__ = "place"
    __table_args__ = (
        *classified_constraints(),
        *geometry_constraints(
            types=("POINT", "MULTIPOINT", "LINESTRING", "MULTILINESTRING", "POLYGON", "MULTIPOLYGON")
        ),
        Index("ix_place_unit_id_class_code", "unit_id", "class_code"),
        Index("ix_place_geom_without_unit", "geom", postgresql_using="gist", postgresql_where=text("unit_id is null")),
        CheckConstraint("same_as_id <> id", name="same_as_another"),
        Index("ix_place_same_as_id", "same_as_id", postgresql_where=text("same_as_id is not null")),
        gist("ix_place_geom", "geom"),
        gist("ix_place_geom_3857", "geom_3857"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True, comment="Stable key of the record in its source")
    class_code: Mapped[str]
    code: Mapped[str | None] = mapped_column(comment="地名代码, 20 digits")
    unit_id: Mapped[int | None] = mapped_column(ForeignKey(f"{SCHEMA}.unit.id"), index=True)
    rank: Mapped[int] = mapped_column(server_default="5", comment="1 most important; orders labels")
    geom: Mapped[WKBElement | None] = mapped_column(Geometry("GEOMETRY", SRID, spatial_index=False))
    geom_3857: Mapped[WKBElement | None] = mapped_column(Geometry("GEOMETRY", 3857, spatial_index=False), mercator())
    same_as_id: Mapped[int | None] = mapped_column(
        ForeignKey(f"{SCHEMA}.place.id", ondelete="SET NULL"),
        comment="The registration of the unit of this organisation",
    )
    apart_from: Mapped[list[int]] = mapped_column(
        ARRAY(BigInteger), server_default="{}", comment="Places that somebody has said this is not"
    )
    extent: Mapped[str | None] = mapped_column(comment="What the geometry tells: point, line, box, outline, unstated")
    meaning: Mapped[str | None] = mapped_column(comment="含义")
    origin: Mapped[str | None] = mapped_column(comment="来历")
    history: Mapped[str | None] = mapped_column(comment="历史沿革")
    allusion: Mapped[str | None] = mapped_column(comment="典故")
    overview: Mapped[str | None] = mapped_column(comment="地理实体概况")
    usage: Mapped[str | None] = mapped_column(comment="使用时间: current or historic")
    established: Mapped[str | None] = mapped_column(comment="设立年份, as written")
    abolished: Mapped[str | None] = mapped_column(comment="废止年份, as written")
    elevation_m: Mapped[float | None] = mapped_column(comment="高程")
    survey_method: Mapped[str | None] = mapped_column(comment="测量方法")
    language: Mapped[str | None] = mapped_column(comment="语种")
    ethnic_writing: Mapped[str | None] = mapped_column(comment="民族文字")
    generic_romanisation: Mapped[str | None] = mapped_column(comment="通名罗马字母拼写")
    units_stated: Mapped[str | None] = mapped_column(comment="所在(跨)行政区, as written")
    map_sheet: Mapped[str | None] = mapped_column(comment="图号(年版)")
    map_scale: Mapped[str | None] = mapped_column(comment="比例尺")
    sign_count: Mapped[int | None] = mapped_column(comment="标牌个数")
    documents: Mapped[str | None] = mapped_column(comment="资料来源")
    remark: Mapped[str | None] = mapped_column(comment="备注")
    registered_on: Mapped[date | None] = mapped_column(comment="登记时间")
    registered_by: Mapped[str | None] = mapped_column(comment="登记人")
    registered_office: Mapped[str | None] = mapped_column(comment="登记单位")


class PlaceName(Classified, Dated, Versioned, Base):
    """One name of a place between two dates.

    `pinyin` (syllables without tones, joined), `pinyin_spaced` and `initials` serve the search; each holds every
    reading that the search shall find, separated by a space in `readings_plain`.
    """

    __tablename__ = "place_name"
    __table_args__ = (
        *classified_constraints(),
        *dated_constraints(),
        CheckConstraint(f"kind in {NAME_KINDS}", name="kind_known"),
        CheckConstraint("name = btrim(name) and name <> ''", name="name_given"),
        no_overlap("place_id", "kind", "name", name="ex_place_name_validity"),
        UniqueConstraint("place_id", "kind", "name", "valid_from", postgresql_nulls_not_distinct=True),
        Index("ix_place_name_name_trgm", "name", postgresql_using="gin", postgresql_ops={"name": "gin_trgm_ops"}),
        Index("ix_place_name_lookups", "grams", "areas", "sounds", "order_group", postgresql_using="gin"),
        Index("ix_place_name_alike_keys_areas", "alike_keys", "areas", postgresql_using="gin"),
        Index("ix_place_name_without_keys", "id", postgresql_where=text("alike_keys = '{}'")),
        Index(
            "ix_place_name_in_order",
            *_ORDER,
            postgresql_include=[
                "folded",
                "pinyin",
                "tones",
                "initials",
                "place_id",
                "valid_from",
                "published",
                "classification",
            ],
            postgresql_where=text("lane = 0"),
        ),
        Index("ix_place_name_lane", "lane", "valid_to", postgresql_where=text("lane > 0")),
        Index(
            "ix_place_name_begins",
            "beginning",
            *_ORDER,
            postgresql_ops={"beginning": "text_pattern_ops"},
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    place_id: Mapped[int] = mapped_column(ForeignKey(f"{SCHEMA}.place.id"), index=True)
    kind: Mapped[str]
    name: Mapped[str]
    specific: Mapped[str | None] = mapped_column(comment="专名")
    generic: Mapped[str | None] = mapped_column(comment="通名")
    reading: Mapped[str | None] = mapped_column(comment="Syllables with tone marks, separated by spaces")
    reading_source: Mapped[str | None]
    romanisation: Mapped[str | None] = mapped_column(comment="罗马字母拼写")
    pinyin: Mapped[str] = mapped_column(comment="Toneless syllables joined: tianmen")
    tones: Mapped[str] = mapped_column(comment="Numbered tones joined: tian1men2")
    initials: Mapped[str] = mapped_column(comment="First letters: tm")
    alike_keys: Mapped[list[str]] = mapped_column(
        ARRAY(Text), server_default="{}", comment="Shared by names that may be taken for each other"
    )
    grams: Mapped[list[str]] = mapped_column(ARRAY(Text), comment="Characters and pairs: trigrams miss short Han words")
    folded: Mapped[str] = mapped_column(Computed(FOLDED, persisted=True))
    beginning: Mapped[str] = mapped_column(Computed(f"left({FOLDED}, {BEGINNING})", persisted=True))
    sounds: Mapped[str] = mapped_column(
        TSVECTOR,
        Computed("geoservice.sound_keys(name, pinyin, tones, initials)", persisted=True),
        comment="Each reading between ^ and $, its first letters after ^, its initials and the first of them after ~, how it"
        " sounds from each syllable on, each syllable + the first letter of the next, its first letter + the next; a mere + where"
        " letters or digits are in it",
    )
    standing: Mapped[int] = mapped_column(SmallInteger, Computed(STANDING, persisted=True))
    length: Mapped[int] = mapped_column(Integer, Computed("length(name)", persisted=True))
    lane: Mapped[int] = mapped_column(SmallInteger, Computed(LANE, persisted=True))
    place_rank: Mapped[int] = mapped_column(server_default=text("5"), comment="Of its place; a trigger keeps it")
    order_group: Mapped[list[int]] = mapped_column(
        ARRAY(BigInteger),
        Computed(ORDER_GROUP, persisted=True),
        comment="Standing, importance and length as one number; none where the name will end",
    )
    areas: Mapped[list[int]] = mapped_column(
        ARRAY(BigInteger), server_default="{}", comment="Units and cells of its place; a trigger keeps it"
    )


class NameKeysEdition(Base):
    """Which edition of the program has made the keys of the names: one row."""

    __tablename__ = "name_keys_edition"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False, server_default=text("1"))
    edition: Mapped[int] = mapped_column(Integer, server_default=text("0"), comment="0: not known")
    noted_at: Mapped[datetime] = mapped_column(server_default=func.now())
