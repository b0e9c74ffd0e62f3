"""Population by source, and the people that its sharing gives to each community."""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"

SCHEMA = "geoservice"
LEVELS = "classification in ('public', 'internal', 'confidential', 'secret', 'top_secret')"
ON_EARTH = "ST_XMin({0}) >= -180 and ST_XMax({0}) <= 180 and ST_YMin({0}) >= -85.06 and ST_YMax({0}) <= 85.06"

# One definition of how many people a community has: its official count, else what the sources give it. Where a figure
# of the aged is official, none of them is estimated. A source that states no aged people leaves them unknown.
PEOPLE = """
create view geoservice.community_people as
select m.id as community_id,
       case when m.population is null then greatest(e.population, m.population_60, m.population_80)
            else m.population end as population,
       case when m.population is null and m.population_60 is null and m.population_80 is null
            then e.population_60 else m.population_60 end as population_60,
       case when m.population is null and m.population_60 is null and m.population_80 is null
            then e.population_80 else m.population_80 end as population_80,
       case when m.population is null and e.sources is not null then e.on_date
            else m.population_date end as population_date,
       m.population is null and e.sources is not null as estimated,
       case when m.population is null then e.sources end as sources,
       case when m.population is null then e.source_ids end as source_ids,
       m.population is not null or coalesce(e.published, true) as published
from geoservice.community m
left join lateral (
    select sum(c.population)::bigint as population,
           case when count(c.population_60) = count(*) then sum(c.population_60)::bigint end as population_60,
           case when count(c.population_80) = count(*) then sum(c.population_80)::bigint end as population_80,
           max(s.on_date) as on_date,
           string_agg(s.name, '; ' order by s.id) as sources,
           array_agg(s.id order by s.id) as source_ids,
           bool_and(s.published and s.classification = 'public') as published
    from geoservice.community_estimate c
    join geoservice.population_source s on s.id = c.source_id
    where c.community_id = m.id
) e on true
"""


def whole(name, *, needed=False, **given):
    return sa.Column(name, sa.BigInteger(), nullable=not needed, **given)


def make_sources():
    table = "population_source"
    op.create_table(
        table,
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("source_crs", sa.Text(), nullable=True),
        sa.Column("band", sa.Text(), nullable=True, comment="Of a raster"),
        sa.Column("on_date", sa.Date(), nullable=True, comment="The day that the people were counted for"),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        whole("within_m", needed=True, comment="How far a community without a unit's outline reaches"),
        whole("population", needed=True, server_default=sa.text("0"), comment="All people of the source"),
        whole("population_60"),
        whole("population_80"),
        whole("outside", comment="Of them in no territory; null before they are shared"),
        whole("outside_60"),
        whole("outside_80"),
        sa.Column("shared_on", sa.Date(), nullable=True, comment="The day whose communities they were shared over"),
        sa.Column("shared_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "shared_revisions",
            postgresql.JSONB(),
            server_default=sa.text("'{}'"),
            nullable=False,
            comment="Of communities and units",
        ),
        sa.Column("report", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column(
            "area",
            Geometry(
                geometry_type="MULTIPOLYGON",
                srid=4490,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
            ),
            nullable=True,
            comment="Where it counts people",
        ),
        sa.Column("classification", sa.Text(), server_default="internal", nullable=False),
        sa.Column("published", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column(
            "schematic", sa.Boolean(), server_default=sa.text("false"), nullable=False, comment="示意数据, 非测绘成果"
        ),
        sa.Column("batch_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("kind in ('polygons', 'points', 'raster')", name=op.f(f"ck_{table}_kind_known")),
        sa.CheckConstraint(
            "outside >= 0 and outside <= population and population_80 <= population_60 and population_60 <= population",
            name=op.f(f"ck_{table}_people_within"),
        ),
        sa.CheckConstraint(LEVELS, name=op.f(f"ck_{table}_classification_known")),
        sa.CheckConstraint("not published or classification = 'public'", name=op.f(f"ck_{table}_published_is_public")),
        sa.CheckConstraint("ST_IsValid(area)", name=op.f(f"ck_{table}_area_valid")),
        sa.CheckConstraint("not ST_IsEmpty(area)", name=op.f(f"ck_{table}_area_not_empty")),
        sa.CheckConstraint(ON_EARTH.format("area"), name=op.f(f"ck_{table}_area_on_earth")),
        sa.ForeignKeyConstraint(["batch_id"], ["geoservice.import_batch.id"], name=op.f(f"fk_{table}_batch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        schema=SCHEMA,
    )
    op.create_index(
        f"uq_{table}_name",
        table,
        ["name", "band"],
        unique=True,
        schema=SCHEMA,
        postgresql_nulls_not_distinct=True,
    )
    op.create_index(op.f(f"ix_{table}_batch_id"), table, ["batch_id"], schema=SCHEMA)


def make_estimates():
    table = "community_estimate"
    op.create_table(
        table,
        sa.Column("source_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        whole("population", needed=True),
        whole("population_60"),
        whole("population_80"),
        sa.CheckConstraint(
            "population >= 0 and population_60 >= 0 and population_80 >= 0", name=op.f(f"ck_{table}_not_negative")
        ),
        sa.CheckConstraint(
            "population_80 <= population_60 and population_60 <= population", name=op.f(f"ck_{table}_ages_within")
        ),
        sa.ForeignKeyConstraint(
            ["source_id"],
            ["geoservice.population_source.id"],
            name=op.f(f"fk_{table}_source_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["community_id"], ["geoservice.community.id"], name=op.f(f"fk_{table}_community_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("source_id", "community_id", name=op.f(f"pk_{table}")),
        schema=SCHEMA,
    )
    op.create_index(op.f(f"ix_{table}_community_id"), table, ["community_id"], schema=SCHEMA)


def cells(kinds):
    """Cells hold geometries of these kinds; the copy for tiles depends on the column and is made anew."""
    kind = "MULTIPOLYGON" if len(kinds) == 1 else "GEOMETRY"
    listed = ", ".join(f"'{name}'" for name in kinds)
    op.drop_column("population_cell", "geom_3857", schema=SCHEMA)
    op.drop_constraint(op.f("ck_population_cell_geom_type"), "population_cell", schema=SCHEMA)
    op.execute(f"alter table geoservice.population_cell alter column geom type geometry({kind}, 4490)")
    op.create_check_constraint(
        op.f("ck_population_cell_geom_type"), "population_cell", f"GeometryType(geom) in ({listed})", schema=SCHEMA
    )
    op.execute(
        f"alter table geoservice.population_cell add column geom_3857 geometry({kind}, 3857) not null"
        " generated always as (ST_Transform(ST_SetSRID(geom, 4326), 3857)) stored"
    )
    op.create_index(
        "ix_population_cell_geom_3857", "population_cell", ["geom_3857"], schema=SCHEMA, postgresql_using="gist"
    )


def give_cells_a_source():
    """Cells of one import are one source; what was there before is shared by the command of that name."""
    op.add_column("population_cell", whole("source_id"), schema=SCHEMA)
    op.execute(
        "insert into geoservice.population_source (name, kind, sha256, source_crs, actor, within_m, batch_id,"
        " classification, published, schematic, population)"
        " select coalesce(b.source_name, '-') || ' #' || coalesce(b.id, 0), 'polygons', coalesce(b.source_sha256, '-'),"
        " b.source_crs, coalesce(b.actor, '-'), 5000, b.id, max(c.classification), bool_and(c.published),"
        " bool_or(c.schematic), sum(c.population)"
        " from geoservice.population_cell c left join geoservice.import_batch b on b.id = c.batch_id group by b.id"
    )
    op.execute(
        "update geoservice.population_cell c set source_id = s.id from geoservice.population_source s"
        " where s.batch_id is not distinct from c.batch_id"
    )
    op.alter_column("population_cell", "source_id", nullable=False, schema=SCHEMA)
    op.create_foreign_key(
        op.f("fk_population_cell_source_id"),
        "population_cell",
        "population_source",
        ["source_id"],
        ["id"],
        source_schema=SCHEMA,
        referent_schema=SCHEMA,
        ondelete="CASCADE",
    )
    op.drop_constraint(op.f("uq_population_cell_key"), "population_cell", schema=SCHEMA)
    op.create_unique_constraint(
        op.f("uq_population_cell_source_id_key"), "population_cell", ["source_id", "key"], schema=SCHEMA
    )


def grant():
    for table in ("population_source", "community_estimate"):
        op.execute(f"grant select on geoservice.{table} to geoservice_reader")
        op.execute(f"grant select, insert, update, delete on geoservice.{table} to geoservice_app")
    op.execute("grant usage, select on sequence geoservice.population_source_id_seq to geoservice_app")
    op.execute("grant select on geoservice.community_people to geoservice_reader, geoservice_app")


def upgrade():
    op.execute("set role geoservice_owner")
    make_sources()
    make_estimates()
    give_cells_a_source()
    cells(("POINT", "MULTIPOLYGON"))
    op.execute(PEOPLE)
    grant()
    op.execute("reset role")


def downgrade():
    op.execute("set role geoservice_owner")
    op.execute("drop view geoservice.community_people")
    op.execute("delete from geoservice.population_cell where GeometryType(geom) <> 'MULTIPOLYGON'")
    # Of equal keys of several sources the newest stays, as one key for all had it.
    op.execute(
        "delete from geoservice.population_cell a using geoservice.population_cell b where a.key = b.key and a.id < b.id"
    )
    cells(("MULTIPOLYGON",))
    op.drop_constraint(op.f("uq_population_cell_source_id_key"), "population_cell", schema=SCHEMA)
    op.create_unique_constraint(op.f("uq_population_cell_key"), "population_cell", ["key"], schema=SCHEMA)
    op.drop_column("population_cell", "source_id", schema=SCHEMA)
    op.drop_table("community_estimate", schema=SCHEMA)
    op.drop_table("population_source", schema=SCHEMA)
    op.execute("reset role")
