"""The foundation: three roles, the schema, units, places, facilities, communities, ground, coverage."""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None

TABLES = (
    "facility_type",
    "import_batch",
    "layer_revision",
    "service_standard",
    "unit",
    "built_up_area",
    "community",
    "coverage_run",
    "facility",
    "place",
    "population_cell",
    "railway",
    "road",
    "unit_code",
    "unit_version",
    "water",
    "community_code",
    "coverage_circle",
    "coverage_reach",
    "coverage_unit",
    "place_name",
)

ROLES = ("geoservice_owner", "geoservice_app", "geoservice_reader")


def make_roles():
    """The private cluster has made them with a login; elsewhere they are groups that the given login joins."""
    connection = op.get_bind()
    for role in ROLES:
        login = connection.execute(
            sa.text("select rolcanlogin from pg_roles where rolname = :role"), {"role": role}
        ).scalar()
        if login is None:
            op.execute(f"create role {role} nologin")
        member = connection.execute(
            sa.text("select pg_has_role(current_user, :role, 'member')"), {"role": role}
        ).scalar()
        if not login and not member:
            op.execute(f"grant {role} to current_user")


def make_schema():
    for extension in ("postgis", "pg_trgm", "btree_gist"):
        op.execute(f"create extension if not exists {extension} with schema public")
    op.execute("create schema if not exists geoservice")
    if op.get_bind().execute(sa.text("select current_user")).scalar() != "geoservice_owner":
        op.execute("alter schema geoservice owner to geoservice_owner")
        op.execute("grant usage, create on schema geoservice to current_user")
        op.execute("alter table geoservice.alembic_version owner to geoservice_owner")


def grant():
    """The application reads and writes rows and owns nothing; the reader only reads."""
    op.execute("grant usage on schema geoservice to geoservice_app, geoservice_reader")
    op.execute("grant select on all tables in schema geoservice to geoservice_reader")
    op.execute("grant select, insert, update, delete on all tables in schema geoservice to geoservice_app")
    op.execute("revoke insert, update, delete on geoservice.alembic_version from geoservice_app")
    op.execute("grant usage, select on all sequences in schema geoservice to geoservice_app")


def upgrade():
    make_roles()
    make_schema()
    op.execute("set role geoservice_owner")
    make_tables()
    grant()
    op.execute("reset role")


def downgrade():
    op.execute("set role geoservice_owner")
    for table in reversed(TABLES):
        op.drop_table(table, schema="geoservice")
    op.execute("reset role")


def make_tables():
    op.create_table(
        "facility_type",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("title_zh", sa.Text(), nullable=False),
        sa.Column("title_en", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False, comment="Order in lists"),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_facility_type")),
        schema="geoservice",
    )
    op.create_table(
        "import_batch",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("layer", sa.Text(), nullable=False),
        sa.Column("source_name", sa.Text(), nullable=False),
        sa.Column("source_sha256", sa.Text(), nullable=False),
        sa.Column("source_crs", sa.Text(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("schematic", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("rows_read", sa.BigInteger(), nullable=False),
        sa.Column("loaded", sa.BigInteger(), nullable=False),
        sa.Column("changed", sa.BigInteger(), nullable=False),
        sa.Column("unchanged", sa.BigInteger(), nullable=False),
        sa.Column("refused", sa.BigInteger(), nullable=False),
        sa.Column("report", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.CheckConstraint(
            "rows_read >= 0 and loaded >= 0 and changed >= 0 and refused >= 0", name=op.f("ck_import_batch_counts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_batch")),
        schema="geoservice",
    )
    op.create_table(
        "layer_revision",
        sa.Column("layer", sa.Text(), nullable=False),
        sa.Column("revision", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("layer", name=op.f("pk_layer_revision")),
        schema="geoservice",
    )
    op.create_table(
        "service_standard",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("title_zh", sa.Text(), nullable=False),
        sa.Column("title_en", sa.Text(), nullable=False),
        sa.Column(
            "declaration",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="Types, classes, mode, minutes, source",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_standard")),
        schema="geoservice",
    )
    op.create_table(
        "unit",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit")),
        schema="geoservice",
    )
    op.create_table(
        "built_up_area",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column(
            "class", sa.Text(), server_default="built_up", nullable=False, comment="built_up, residential, industrial"
        ),
        sa.Column(
            "geom",
            Geometry(
                geometry_type="MULTIPOLYGON",
                srid=4490,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.Column(
            "geom_3857",
            Geometry(
                geometry_type="MULTIPOLYGON",
                srid=3857,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            sa.Computed("ST_Transform(ST_SetSRID(geom, 4326), 3857)", persisted=True),
            nullable=False,
        ),
        sa.Column("classification", sa.Text(), server_default="internal", nullable=False),
        sa.Column("published", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column(
            "schematic", sa.Boolean(), server_default=sa.text("false"), nullable=False, comment="示意数据, 非测绘成果"
        ),
        sa.Column("batch_id", sa.BigInteger(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        postgresql.ExcludeConstraint(
            (sa.column("key"), "="),
            (sa.text("daterange(valid_from, valid_to, '[)')"), "&&"),
            using="gist",
            name="ex_built_up_area_validity",
        ),
        sa.CheckConstraint("GeometryType(geom) in ('MULTIPOLYGON')", name=op.f("ck_built_up_area_geom_type")),
        sa.CheckConstraint(
            "classification in ('public', 'internal', 'confidential', 'secret', 'top_secret')",
            name=op.f("ck_built_up_area_classification_known"),
        ),
        sa.CheckConstraint(
            "not published or classification = 'public'", name=op.f("ck_built_up_area_published_is_public")
        ),
        sa.CheckConstraint("ST_IsValid(geom)", name=op.f("ck_built_up_area_geom_valid")),
        sa.CheckConstraint(
            "ST_XMin(geom) >= -180 and ST_XMax(geom) <= 180 and ST_YMin(geom) >= -85.06 and ST_YMax(geom) <= 85.06",
            name=op.f("ck_built_up_area_geom_on_earth"),
        ),
        sa.CheckConstraint("not ST_IsEmpty(geom)", name=op.f("ck_built_up_area_geom_not_empty")),
        sa.CheckConstraint(
            "valid_from is null or valid_to is null or valid_from < valid_to",
            name=op.f("ck_built_up_area_validity_order"),
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["geoservice.import_batch.id"], name=op.f("fk_built_up_area_batch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_built_up_area")),
        sa.UniqueConstraint(
            "key", "valid_from", name=op.f("uq_built_up_area_key_valid_from"), postgresql_nulls_not_distinct=True
        ),
        schema="geoservice",
    )
    op.create_index(op.f("ix_built_up_area_batch_id"), "built_up_area", ["batch_id"], unique=False, schema="geoservice")
    op.create_index(
        "ix_built_up_area_geom", "built_up_area", ["geom"], unique=False, schema="geoservice", postgresql_using="gist"
    )
    op.create_index(
        "ix_built_up_area_geom_3857",
        "built_up_area",
        ["geom_3857"],
        unique=False,
        schema="geoservice",
        postgresql_using="gist",
    )
    op.create_table(
        "community",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("class", sa.Text(), nullable=True, comment="urban or rural; null where nobody has said"),
        sa.Column("unit_id", sa.BigInteger(), nullable=True, comment="Township"),
        sa.Column("population", sa.BigInteger(), nullable=True),
        sa.Column("population_60", sa.BigInteger(), nullable=True),
        sa.Column("population_80", sa.BigInteger(), nullable=True),
        sa.Column("households", sa.BigInteger(), nullable=True),
        sa.Column("population_date", sa.Date(), nullable=True),
        sa.Column(
            "geom",
            Geometry(
                geometry_type="POINT",
                srid=4490,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
            ),
            nullable=True,
        ),
        sa.Column(
            "geom_3857",
            Geometry(
                geometry_type="POINT",
                srid=3857,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
            ),
            sa.Computed("ST_Transform(ST_SetSRID(geom, 4326), 3857)", persisted=True),
            nullable=True,
        ),
        sa.Column("classification", sa.Text(), server_default="internal", nullable=False),
        sa.Column("published", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column(
            "schematic", sa.Boolean(), server_default=sa.text("false"), nullable=False, comment="示意数据, 非测绘成果"
        ),
        sa.Column("batch_id", sa.BigInteger(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.CheckConstraint("GeometryType(geom) in ('POINT')", name=op.f("ck_community_geom_type")),
        sa.CheckConstraint("class in ('urban', 'rural')", name=op.f("ck_community_class_known")),
        sa.CheckConstraint(
            "classification in ('public', 'internal', 'confidential', 'secret', 'top_secret')",
            name=op.f("ck_community_classification_known"),
        ),
        sa.CheckConstraint("name = btrim(name) and name <> ''", name=op.f("ck_community_name_given")),
        sa.CheckConstraint("not published or classification = 'public'", name=op.f("ck_community_published_is_public")),
        sa.CheckConstraint("ST_IsValid(geom)", name=op.f("ck_community_geom_valid")),
        sa.CheckConstraint(
            "ST_XMin(geom) >= -180 and ST_XMax(geom) <= 180 and ST_YMin(geom) >= -85.06 and ST_YMax(geom) <= 85.06",
            name=op.f("ck_community_geom_on_earth"),
        ),
        sa.CheckConstraint("not ST_IsEmpty(geom)", name=op.f("ck_community_geom_not_empty")),
        sa.CheckConstraint(
            "population >= 0 and population_60 >= 0 and population_80 >= 0 and households >= 0",
            name=op.f("ck_community_not_negative"),
        ),
        sa.CheckConstraint(
            "population_80 <= population_60 and population_60 <= population", name=op.f("ck_community_ages_within")
        ),
        sa.CheckConstraint(
            "valid_from is null or valid_to is null or valid_from < valid_to", name=op.f("ck_community_validity_order")
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["geoservice.import_batch.id"], name=op.f("fk_community_batch_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["geoservice.unit.id"], name=op.f("fk_community_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_community")),
        schema="geoservice",
    )
    op.create_index(op.f("ix_community_batch_id"), "community", ["batch_id"], unique=False, schema="geoservice")
    op.create_index(
        "ix_community_geom", "community", ["geom"], unique=False, schema="geoservice", postgresql_using="gist"
    )
    op.create_index(
        "ix_community_geom_3857", "community", ["geom_3857"], unique=False, schema="geoservice", postgresql_using="gist"
    )
    op.create_index(op.f("ix_community_unit_id"), "community", ["unit_id"], unique=False, schema="geoservice")
    op.create_table(
        "coverage_run",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("network_revision", sa.Text(), nullable=False),
        sa.Column(
            "input_revisions", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="Layer to revision"
        ),
        sa.Column("parameters", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "figures",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
            comment="The headline figures",
        ),
        sa.Column("classification", sa.Text(), server_default="internal", nullable=False),
        sa.Column("published", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column(
            "schematic", sa.Boolean(), server_default=sa.text("false"), nullable=False, comment="示意数据, 非测绘成果"
        ),
        sa.Column("batch_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "classification in ('public', 'internal', 'confidential', 'secret', 'top_secret')",
            name=op.f("ck_coverage_run_classification_known"),
        ),
        sa.CheckConstraint(
            "not published or classification = 'public'", name=op.f("ck_coverage_run_published_is_public")
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["geoservice.import_batch.id"], name=op.f("fk_coverage_run_batch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coverage_run")),
        schema="geoservice",
    )
    op.create_index(op.f("ix_coverage_run_batch_id"), "coverage_run", ["batch_id"], unique=False, schema="geoservice")
    op.create_table(
        "facility",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False, comment="Stable key of the record in its source"),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.BigInteger(), nullable=True, comment="Township"),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("beds", sa.BigInteger(), nullable=True),
        sa.Column("nursing_beds", sa.BigInteger(), nullable=True),
        sa.Column("area_m2", sa.Numeric(precision=12, scale=2), nullable=True),
        sa.Column("opened_on", sa.Date(), nullable=True),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column(
            "geom",
            Geometry(
                geometry_type="POINT",
                srid=4490,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.Column(
            "geom_3857",
            Geometry(
                geometry_type="POINT",
                srid=3857,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            sa.Computed("ST_Transform(ST_SetSRID(geom, 4326), 3857)", persisted=True),
            nullable=False,
        ),
        sa.Column("classification", sa.Text(), server_default="internal", nullable=False),
        sa.Column("published", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column(
            "schematic", sa.Boolean(), server_default=sa.text("false"), nullable=False, comment="示意数据, 非测绘成果"
        ),
        sa.Column("batch_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("GeometryType(geom) in ('POINT')", name=op.f("ck_facility_geom_type")),
        sa.CheckConstraint(
            "classification in ('public', 'internal', 'confidential', 'secret', 'top_secret')",
            name=op.f("ck_facility_classification_known"),
        ),
        sa.CheckConstraint("name = btrim(name) and name <> ''", name=op.f("ck_facility_name_given")),
        sa.CheckConstraint("not published or classification = 'public'", name=op.f("ck_facility_published_is_public")),
        sa.CheckConstraint("ST_IsValid(geom)", name=op.f("ck_facility_geom_valid")),
        sa.CheckConstraint(
            "ST_XMin(geom) >= -180 and ST_XMax(geom) <= 180 and ST_YMin(geom) >= -85.06 and ST_YMax(geom) <= 85.06",
            name=op.f("ck_facility_geom_on_earth"),
        ),
        sa.CheckConstraint("beds >= 0 and nursing_beds >= 0 and area_m2 >= 0", name=op.f("ck_facility_not_negative")),
        sa.CheckConstraint("not ST_IsEmpty(geom)", name=op.f("ck_facility_geom_not_empty")),
        sa.CheckConstraint("nursing_beds <= beds", name=op.f("ck_facility_nursing_beds_within_beds")),
        sa.CheckConstraint(
            "opened_on is null or closed_on is null or opened_on < closed_on",
            name=op.f("ck_facility_opened_before_closed"),
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["geoservice.import_batch.id"], name=op.f("fk_facility_batch_id")),
        sa.ForeignKeyConstraint(["type"], ["geoservice.facility_type.code"], name=op.f("fk_facility_type")),
        sa.ForeignKeyConstraint(["unit_id"], ["geoservice.unit.id"], name=op.f("fk_facility_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_facility")),
        sa.UniqueConstraint("key", name=op.f("uq_facility_key")),
        schema="geoservice",
    )
    op.create_index(op.f("ix_facility_batch_id"), "facility", ["batch_id"], unique=False, schema="geoservice")
    op.create_index(
        "ix_facility_geom", "facility", ["geom"], unique=False, schema="geoservice", postgresql_using="gist"
    )
    op.create_index(
        "ix_facility_geom_3857", "facility", ["geom_3857"], unique=False, schema="geoservice", postgresql_using="gist"
    )
    op.create_index(op.f("ix_facility_type"), "facility", ["type"], unique=False, schema="geoservice")
    op.create_index(op.f("ix_facility_unit_id"), "facility", ["unit_id"], unique=False, schema="geoservice")
    op.create_table(
        "place",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False, comment="Stable key of the record in its source"),
        sa.Column("class_code", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=True, comment="地名代码, 20 digits"),
        sa.Column("unit_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "rank", sa.BigInteger(), server_default="5", nullable=False, comment="1 most important; orders labels"
        ),
        sa.Column(
            "geom",
            Geometry(srid=4490, dimension=2, spatial_index=False, from_text="ST_GeomFromEWKT", name="geometry"),
            nullable=True,
        ),
        sa.Column(
            "geom_3857",
            Geometry(srid=3857, dimension=2, spatial_index=False, from_text="ST_GeomFromEWKT", name="geometry"),
            sa.Computed("ST_Transform(ST_SetSRID(geom, 4326), 3857)", persisted=True),
            nullable=True,
        ),
        sa.Column("classification", sa.Text(), server_default="internal", nullable=False),
        sa.Column("published", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column(
            "schematic", sa.Boolean(), server_default=sa.text("false"), nullable=False, comment="示意数据, 非测绘成果"
        ),
        sa.Column("batch_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "GeometryType(geom) in ('POINT', 'MULTIPOINT', 'LINESTRING', 'MULTILINESTRING', 'POLYGON', 'MULTIPOLYGON')",
            name=op.f("ck_place_geom_type"),
        ),
        sa.CheckConstraint(
            "classification in ('public', 'internal', 'confidential', 'secret', 'top_secret')",
            name=op.f("ck_place_classification_known"),
        ),
        sa.CheckConstraint("not published or classification = 'public'", name=op.f("ck_place_published_is_public")),
        sa.CheckConstraint("ST_IsValid(geom)", name=op.f("ck_place_geom_valid")),
        sa.CheckConstraint(
            "ST_XMin(geom) >= -180 and ST_XMax(geom) <= 180 and ST_YMin(geom) >= -85.06 and ST_YMax(geom) <= 85.06",
            name=op.f("ck_place_geom_on_earth"),
        ),
        sa.CheckConstraint("not ST_IsEmpty(geom)", name=op.f("ck_place_geom_not_empty")),
        sa.ForeignKeyConstraint(["batch_id"], ["geoservice.import_batch.id"], name=op.f("fk_place_batch_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["geoservice.unit.id"], name=op.f("fk_place_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_place")),
        sa.UniqueConstraint("key", name=op.f("uq_place_key")),
        schema="geoservice",
    )
    op.create_index(op.f("ix_place_batch_id"), "place", ["batch_id"], unique=False, schema="geoservice")
    op.create_index("ix_place_geom", "place", ["geom"], unique=False, schema="geoservice", postgresql_using="gist")
    op.create_index(
        "ix_place_geom_3857", "place", ["geom_3857"], unique=False, schema="geoservice", postgresql_using="gist"
    )
    op.create_index(op.f("ix_place_unit_id"), "place", ["unit_id"], unique=False, schema="geoservice")
    op.create_table(
        "population_cell",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("population", sa.BigInteger(), nullable=False),
        sa.Column("population_60", sa.BigInteger(), nullable=True),
        sa.Column("population_80", sa.BigInteger(), nullable=True),
        sa.Column(
            "geom",
            Geometry(
                geometry_type="MULTIPOLYGON",
                srid=4490,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.Column(
            "geom_3857",
            Geometry(
                geometry_type="MULTIPOLYGON",
                srid=3857,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            sa.Computed("ST_Transform(ST_SetSRID(geom, 4326), 3857)", persisted=True),
            nullable=False,
        ),
        sa.Column("classification", sa.Text(), server_default="internal", nullable=False),
        sa.Column("published", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column(
            "schematic", sa.Boolean(), server_default=sa.text("false"), nullable=False, comment="示意数据, 非测绘成果"
        ),
        sa.Column("batch_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("GeometryType(geom) in ('MULTIPOLYGON')", name=op.f("ck_population_cell_geom_type")),
        sa.CheckConstraint(
            "classification in ('public', 'internal', 'confidential', 'secret', 'top_secret')",
            name=op.f("ck_population_cell_classification_known"),
        ),
        sa.CheckConstraint(
            "not published or classification = 'public'", name=op.f("ck_population_cell_published_is_public")
        ),
        sa.CheckConstraint("ST_IsValid(geom)", name=op.f("ck_population_cell_geom_valid")),
        sa.CheckConstraint(
            "ST_XMin(geom) >= -180 and ST_XMax(geom) <= 180 and ST_YMin(geom) >= -85.06 and ST_YMax(geom) <= 85.06",
            name=op.f("ck_population_cell_geom_on_earth"),
        ),
        sa.CheckConstraint("not ST_IsEmpty(geom)", name=op.f("ck_population_cell_geom_not_empty")),
        sa.CheckConstraint(
            "population >= 0 and population_60 >= 0 and population_80 >= 0",
            name=op.f("ck_population_cell_not_negative"),
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["geoservice.import_batch.id"], name=op.f("fk_population_cell_batch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_population_cell")),
        sa.UniqueConstraint("key", name=op.f("uq_population_cell_key")),
        schema="geoservice",
    )
    op.create_index(
        op.f("ix_population_cell_batch_id"), "population_cell", ["batch_id"], unique=False, schema="geoservice"
    )
    op.create_index(
        "ix_population_cell_geom",
        "population_cell",
        ["geom"],
        unique=False,
        schema="geoservice",
        postgresql_using="gist",
    )
    op.create_index(
        "ix_population_cell_geom_3857",
        "population_cell",
        ["geom_3857"],
        unique=False,
        schema="geoservice",
        postgresql_using="gist",
    )
    op.create_table(
        "railway",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("class", sa.Text(), nullable=False),
        sa.Column(
            "geom",
            Geometry(
                srid=4490,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.Column(
            "geom_3857",
            Geometry(
                srid=3857,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            sa.Computed("ST_Transform(ST_SetSRID(geom, 4326), 3857)", persisted=True),
            nullable=False,
        ),
        sa.Column("classification", sa.Text(), server_default="internal", nullable=False),
        sa.Column("published", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column(
            "schematic", sa.Boolean(), server_default=sa.text("false"), nullable=False, comment="示意数据, 非测绘成果"
        ),
        sa.Column("batch_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "GeometryType(geom) in ('LINESTRING', 'MULTILINESTRING')", name=op.f("ck_railway_geom_type")
        ),
        sa.CheckConstraint(
            "classification in ('public', 'internal', 'confidential', 'secret', 'top_secret')",
            name=op.f("ck_railway_classification_known"),
        ),
        sa.CheckConstraint("not published or classification = 'public'", name=op.f("ck_railway_published_is_public")),
        sa.CheckConstraint("ST_IsValid(geom)", name=op.f("ck_railway_geom_valid")),
        sa.CheckConstraint(
            "ST_XMin(geom) >= -180 and ST_XMax(geom) <= 180 and ST_YMin(geom) >= -85.06 and ST_YMax(geom) <= 85.06",
            name=op.f("ck_railway_geom_on_earth"),
        ),
        sa.CheckConstraint("not ST_IsEmpty(geom)", name=op.f("ck_railway_geom_not_empty")),
        sa.ForeignKeyConstraint(["batch_id"], ["geoservice.import_batch.id"], name=op.f("fk_railway_batch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_railway")),
        sa.UniqueConstraint("key", name=op.f("uq_railway_key")),
        schema="geoservice",
    )
    op.create_index(op.f("ix_railway_batch_id"), "railway", ["batch_id"], unique=False, schema="geoservice")
    op.create_index("ix_railway_geom", "railway", ["geom"], unique=False, schema="geoservice", postgresql_using="gist")
    op.create_index(
        "ix_railway_geom_3857", "railway", ["geom_3857"], unique=False, schema="geoservice", postgresql_using="gist"
    )
    op.create_table(
        "road",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("class", sa.Text(), nullable=False),
        sa.Column(
            "oneway", sa.Text(), server_default="no", nullable=False, comment="For vehicles; walkers go both ways"
        ),
        sa.Column(
            "modes",
            postgresql.ARRAY(sa.Text()),
            nullable=False,
            comment="Modes that may use it: walk, bicycle, car ...",
        ),
        sa.Column("level", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("bridge", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("tunnel", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("speed_kmh", sa.Double(), nullable=True, comment="Posted speed, where known"),
        sa.Column("node_ids", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column(
            "geom",
            Geometry(
                geometry_type="LINESTRING",
                srid=4490,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.Column(
            "geom_3857",
            Geometry(
                geometry_type="LINESTRING",
                srid=3857,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            sa.Computed("ST_Transform(ST_SetSRID(geom, 4326), 3857)", persisted=True),
            nullable=False,
        ),
        sa.Column("classification", sa.Text(), server_default="internal", nullable=False),
        sa.Column("published", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column(
            "schematic", sa.Boolean(), server_default=sa.text("false"), nullable=False, comment="示意数据, 非测绘成果"
        ),
        sa.Column("batch_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("GeometryType(geom) in ('LINESTRING')", name=op.f("ck_road_geom_type")),
        sa.CheckConstraint(
            "classification in ('public', 'internal', 'confidential', 'secret', 'top_secret')",
            name=op.f("ck_road_classification_known"),
        ),
        sa.CheckConstraint("not published or classification = 'public'", name=op.f("ck_road_published_is_public")),
        sa.CheckConstraint("oneway in ('no', 'forward', 'backward')", name=op.f("ck_road_oneway_known")),
        sa.CheckConstraint("ST_IsValid(geom)", name=op.f("ck_road_geom_valid")),
        sa.CheckConstraint(
            "ST_XMin(geom) >= -180 and ST_XMax(geom) <= 180 and ST_YMin(geom) >= -85.06 and ST_YMax(geom) <= 85.06",
            name=op.f("ck_road_geom_on_earth"),
        ),
        sa.CheckConstraint("cardinality(node_ids) = ST_NPoints(geom)", name=op.f("ck_road_node_per_vertex")),
        sa.CheckConstraint("not ST_IsEmpty(geom)", name=op.f("ck_road_geom_not_empty")),
        sa.CheckConstraint("speed_kmh > 0 and speed_kmh <= 200", name=op.f("ck_road_speed_sensible")),
        sa.ForeignKeyConstraint(["batch_id"], ["geoservice.import_batch.id"], name=op.f("fk_road_batch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_road")),
        sa.UniqueConstraint("key", name=op.f("uq_road_key")),
        schema="geoservice",
    )
    op.create_index(op.f("ix_road_batch_id"), "road", ["batch_id"], unique=False, schema="geoservice")
    op.create_index("ix_road_geom", "road", ["geom"], unique=False, schema="geoservice", postgresql_using="gist")
    op.create_index(
        "ix_road_geom_3857", "road", ["geom_3857"], unique=False, schema="geoservice", postgresql_using="gist"
    )
    op.create_table(
        "unit_code",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("unit_id", sa.BigInteger(), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.CheckConstraint("code ~ '^[0-9A-Za-z:_.-]{1,40}$'", name=op.f("ck_unit_code_code_form")),
        sa.CheckConstraint(
            "valid_from is null or valid_to is null or valid_from < valid_to", name=op.f("ck_unit_code_validity_order")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["geoservice.unit.id"], name=op.f("fk_unit_code_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit_code")),
        sa.UniqueConstraint("system", "edition", "code", name=op.f("uq_unit_code_system_edition_code")),
        sa.UniqueConstraint("unit_id", "system", "edition", name=op.f("uq_unit_code_unit_id_system_edition")),
        schema="geoservice",
    )
    op.create_table(
        "unit_version",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("unit_id", sa.BigInteger(), nullable=False),
        sa.Column("parent_id", sa.BigInteger(), nullable=True),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=True, comment="镇, 乡, 街道 ... as the source writes it"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False, comment="Where the territory comes from; none when only listed"),
        sa.Column(
            "geom",
            Geometry(
                geometry_type="MULTIPOLYGON",
                srid=4490,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
            ),
            nullable=True,
        ),
        sa.Column(
            "geom_3857",
            Geometry(
                geometry_type="MULTIPOLYGON",
                srid=3857,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
            ),
            sa.Computed("ST_Transform(ST_SetSRID(geom, 4326), 3857)", persisted=True),
            nullable=True,
        ),
        sa.Column("classification", sa.Text(), server_default="internal", nullable=False),
        sa.Column("published", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column(
            "schematic", sa.Boolean(), server_default=sa.text("false"), nullable=False, comment="示意数据, 非测绘成果"
        ),
        sa.Column("batch_id", sa.BigInteger(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        postgresql.ExcludeConstraint(
            (sa.column("unit_id"), "="),
            (sa.text("daterange(valid_from, valid_to, '[)')"), "&&"),
            using="gist",
            name="ex_unit_version_validity",
        ),
        sa.CheckConstraint("GeometryType(geom) in ('MULTIPOLYGON')", name=op.f("ck_unit_version_geom_type")),
        sa.CheckConstraint(
            "classification in ('public', 'internal', 'confidential', 'secret', 'top_secret')",
            name=op.f("ck_unit_version_classification_known"),
        ),
        sa.CheckConstraint(
            "level in ('province', 'prefecture', 'county', 'township')", name=op.f("ck_unit_version_level_known")
        ),
        sa.CheckConstraint("name = btrim(name) and name <> ''", name=op.f("ck_unit_version_name_given")),
        sa.CheckConstraint(
            "not published or classification = 'public'", name=op.f("ck_unit_version_published_is_public")
        ),
        sa.CheckConstraint("ST_IsValid(geom)", name=op.f("ck_unit_version_geom_valid")),
        sa.CheckConstraint(
            "ST_XMin(geom) >= -180 and ST_XMax(geom) <= 180 and ST_YMin(geom) >= -85.06 and ST_YMax(geom) <= 85.06",
            name=op.f("ck_unit_version_geom_on_earth"),
        ),
        sa.CheckConstraint("not ST_IsEmpty(geom)", name=op.f("ck_unit_version_geom_not_empty")),
        sa.CheckConstraint(
            "valid_from is null or valid_to is null or valid_from < valid_to",
            name=op.f("ck_unit_version_validity_order"),
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["geoservice.import_batch.id"], name=op.f("fk_unit_version_batch_id")),
        sa.ForeignKeyConstraint(["parent_id"], ["geoservice.unit.id"], name=op.f("fk_unit_version_parent_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["geoservice.unit.id"], name=op.f("fk_unit_version_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit_version")),
        schema="geoservice",
    )
    op.create_index(op.f("ix_unit_version_batch_id"), "unit_version", ["batch_id"], unique=False, schema="geoservice")
    op.create_index(
        "ix_unit_version_geom", "unit_version", ["geom"], unique=False, schema="geoservice", postgresql_using="gist"
    )
    op.create_index(
        "ix_unit_version_geom_3857",
        "unit_version",
        ["geom_3857"],
        unique=False,
        schema="geoservice",
        postgresql_using="gist",
    )
    op.create_index(op.f("ix_unit_version_parent_id"), "unit_version", ["parent_id"], unique=False, schema="geoservice")
    op.create_table(
        "water",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("class", sa.Text(), nullable=False, comment="river, canal, stream, lake, pond, reservoir ..."),
        sa.Column(
            "geom",
            Geometry(
                srid=4490,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.Column(
            "geom_3857",
            Geometry(
                srid=3857,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            sa.Computed("ST_Transform(ST_SetSRID(geom, 4326), 3857)", persisted=True),
            nullable=False,
        ),
        sa.Column("classification", sa.Text(), server_default="internal", nullable=False),
        sa.Column("published", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column(
            "schematic", sa.Boolean(), server_default=sa.text("false"), nullable=False, comment="示意数据, 非测绘成果"
        ),
        sa.Column("batch_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "GeometryType(geom) in ('LINESTRING', 'MULTILINESTRING', 'MULTIPOLYGON')", name=op.f("ck_water_geom_type")
        ),
        sa.CheckConstraint(
            "classification in ('public', 'internal', 'confidential', 'secret', 'top_secret')",
            name=op.f("ck_water_classification_known"),
        ),
        sa.CheckConstraint("not published or classification = 'public'", name=op.f("ck_water_published_is_public")),
        sa.CheckConstraint("ST_IsValid(geom)", name=op.f("ck_water_geom_valid")),
        sa.CheckConstraint(
            "ST_XMin(geom) >= -180 and ST_XMax(geom) <= 180 and ST_YMin(geom) >= -85.06 and ST_YMax(geom) <= 85.06",
            name=op.f("ck_water_geom_on_earth"),
        ),
        sa.CheckConstraint("not ST_IsEmpty(geom)", name=op.f("ck_water_geom_not_empty")),
        sa.ForeignKeyConstraint(["batch_id"], ["geoservice.import_batch.id"], name=op.f("fk_water_batch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_water")),
        sa.UniqueConstraint("key", name=op.f("uq_water_key")),
        schema="geoservice",
    )
    op.create_index(op.f("ix_water_batch_id"), "water", ["batch_id"], unique=False, schema="geoservice")
    op.create_index("ix_water_geom", "water", ["geom"], unique=False, schema="geoservice", postgresql_using="gist")
    op.create_index(
        "ix_water_geom_3857", "water", ["geom_3857"], unique=False, schema="geoservice", postgresql_using="gist"
    )
    op.create_table(
        "community_code",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("community_id", sa.BigInteger(), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.CheckConstraint("code ~ '^[0-9A-Za-z:_.-]{1,40}$'", name=op.f("ck_community_code_code_form")),
        sa.CheckConstraint(
            "valid_from is null or valid_to is null or valid_from < valid_to",
            name=op.f("ck_community_code_validity_order"),
        ),
        sa.ForeignKeyConstraint(
            ["community_id"], ["geoservice.community.id"], name=op.f("fk_community_code_community_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_community_code")),
        sa.UniqueConstraint(
            "community_id", "system", "edition", name=op.f("uq_community_code_community_id_system_edition")
        ),
        sa.UniqueConstraint("system", "edition", "code", name=op.f("uq_community_code_system_edition_code")),
        schema="geoservice",
    )
    op.create_table(
        "coverage_circle",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("standard_id", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("minutes", sa.BigInteger(), nullable=False),
        sa.Column("area_km2", sa.Double(), nullable=False),
        sa.Column(
            "geom",
            Geometry(
                geometry_type="MULTIPOLYGON",
                srid=4490,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.Column(
            "geom_3857",
            Geometry(
                geometry_type="MULTIPOLYGON",
                srid=3857,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            sa.Computed("ST_Transform(ST_SetSRID(geom, 4326), 3857)", persisted=True),
            nullable=False,
        ),
        sa.Column("classification", sa.Text(), server_default="internal", nullable=False),
        sa.Column("published", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column(
            "schematic", sa.Boolean(), server_default=sa.text("false"), nullable=False, comment="示意数据, 非测绘成果"
        ),
        sa.Column("batch_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("GeometryType(geom) in ('MULTIPOLYGON')", name=op.f("ck_coverage_circle_geom_type")),
        sa.CheckConstraint(
            "classification in ('public', 'internal', 'confidential', 'secret', 'top_secret')",
            name=op.f("ck_coverage_circle_classification_known"),
        ),
        sa.CheckConstraint(
            "not published or classification = 'public'", name=op.f("ck_coverage_circle_published_is_public")
        ),
        sa.CheckConstraint("ST_IsValid(geom)", name=op.f("ck_coverage_circle_geom_valid")),
        sa.CheckConstraint(
            "ST_XMin(geom) >= -180 and ST_XMax(geom) <= 180 and ST_YMin(geom) >= -85.06 and ST_YMax(geom) <= 85.06",
            name=op.f("ck_coverage_circle_geom_on_earth"),
        ),
        sa.CheckConstraint("not ST_IsEmpty(geom)", name=op.f("ck_coverage_circle_geom_not_empty")),
        sa.ForeignKeyConstraint(["batch_id"], ["geoservice.import_batch.id"], name=op.f("fk_coverage_circle_batch_id")),
        sa.ForeignKeyConstraint(
            ["run_id"], ["geoservice.coverage_run.id"], name=op.f("fk_coverage_circle_run_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coverage_circle")),
        sa.UniqueConstraint(
            "run_id",
            "standard_id",
            "type",
            "mode",
            "minutes",
            name=op.f("uq_coverage_circle_run_id_standard_id_type_mode_minutes"),
        ),
        schema="geoservice",
    )
    op.create_index(
        op.f("ix_coverage_circle_batch_id"), "coverage_circle", ["batch_id"], unique=False, schema="geoservice"
    )
    op.create_index(
        "ix_coverage_circle_geom",
        "coverage_circle",
        ["geom"],
        unique=False,
        schema="geoservice",
        postgresql_using="gist",
    )
    op.create_index(
        "ix_coverage_circle_geom_3857",
        "coverage_circle",
        ["geom_3857"],
        unique=False,
        schema="geoservice",
        postgresql_using="gist",
    )
    op.create_table(
        "coverage_reach",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("standard_id", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("community_id", sa.BigInteger(), nullable=False),
        sa.Column("facility_id", sa.BigInteger(), nullable=True),
        sa.Column("time_ds", sa.BigInteger(), nullable=True, comment="Reach time in deciseconds"),
        sa.Column("limit_ds", sa.BigInteger(), nullable=False),
        sa.Column("covered", sa.Boolean(), nullable=False),
        sa.Column(
            "reason", sa.Text(), nullable=True, comment="Why there is no time: off_network, no_path, no_facility"
        ),
        sa.CheckConstraint("(time_ds is null) = (reason is not null)", name=op.f("ck_coverage_reach_time_or_reason")),
        sa.CheckConstraint(
            "covered = coalesce(time_ds <= limit_ds, false)", name=op.f("ck_coverage_reach_covered_by_time")
        ),
        sa.CheckConstraint("time_ds >= 0 and limit_ds > 0", name=op.f("ck_coverage_reach_times")),
        sa.ForeignKeyConstraint(
            ["community_id"], ["geoservice.community.id"], name=op.f("fk_coverage_reach_community_id")
        ),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["geoservice.facility.id"], name=op.f("fk_coverage_reach_facility_id")
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["geoservice.coverage_run.id"], name=op.f("fk_coverage_reach_run_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coverage_reach")),
        sa.UniqueConstraint(
            "run_id",
            "standard_id",
            "type",
            "community_id",
            name=op.f("uq_coverage_reach_run_id_standard_id_type_community_id"),
        ),
        schema="geoservice",
    )
    op.create_table(
        "coverage_unit",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("standard_id", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.BigInteger(), nullable=True),
        sa.Column("is_total", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("facilities", sa.BigInteger(), nullable=False),
        sa.Column("communities", sa.BigInteger(), nullable=False),
        sa.Column("communities_covered", sa.BigInteger(), nullable=False),
        sa.Column("communities_unjoined", sa.BigInteger(), nullable=False),
        sa.Column("communities_without_population", sa.BigInteger(), nullable=False),
        sa.Column("population", sa.BigInteger(), nullable=False),
        sa.Column("population_covered", sa.BigInteger(), nullable=False),
        sa.Column("population_60", sa.BigInteger(), nullable=False),
        sa.Column("population_60_covered", sa.BigInteger(), nullable=False),
        sa.Column("population_80", sa.BigInteger(), nullable=False),
        sa.Column("population_80_covered", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "communities_covered <= communities and population_covered <= population",
            name=op.f("ck_coverage_unit_parts"),
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["geoservice.coverage_run.id"], name=op.f("fk_coverage_unit_run_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["geoservice.unit.id"], name=op.f("fk_coverage_unit_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coverage_unit")),
        sa.UniqueConstraint(
            "run_id",
            "standard_id",
            "type",
            "unit_id",
            "is_total",
            name=op.f("uq_coverage_unit_run_id_standard_id_type_unit_id_is_total"),
            postgresql_nulls_not_distinct=True,
        ),
        schema="geoservice",
    )
    op.create_table(
        "place_name",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("place_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("specific", sa.Text(), nullable=True, comment="专名"),
        sa.Column("generic", sa.Text(), nullable=True, comment="通名"),
        sa.Column("reading", sa.Text(), nullable=True, comment="Syllables with tone marks, separated by spaces"),
        sa.Column("reading_source", sa.Text(), nullable=True),
        sa.Column("romanisation", sa.Text(), nullable=True, comment="罗马字母拼写"),
        sa.Column("pinyin", sa.Text(), nullable=False, comment="Toneless syllables joined: tianmen"),
        sa.Column("tones", sa.Text(), nullable=False, comment="Numbered tones joined: tian1men2"),
        sa.Column("initials", sa.Text(), nullable=False, comment="First letters: tm"),
        sa.Column(
            "grams",
            postgresql.ARRAY(sa.Text()),
            nullable=False,
            comment="Characters and pairs: trigrams miss short Han words",
        ),
        sa.Column("classification", sa.Text(), server_default="internal", nullable=False),
        sa.Column("published", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column(
            "schematic", sa.Boolean(), server_default=sa.text("false"), nullable=False, comment="示意数据, 非测绘成果"
        ),
        sa.Column("batch_id", sa.BigInteger(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        postgresql.ExcludeConstraint(
            (sa.column("place_id"), "="),
            (sa.column("kind"), "="),
            (sa.column("name"), "="),
            (sa.text("daterange(valid_from, valid_to, '[)')"), "&&"),
            using="gist",
            name="ex_place_name_validity",
        ),
        sa.CheckConstraint(
            "classification in ('public', 'internal', 'confidential', 'secret', 'top_secret')",
            name=op.f("ck_place_name_classification_known"),
        ),
        sa.CheckConstraint(
            "kind in ('standard', 'alias', 'abbreviation', 'former', 'map')", name=op.f("ck_place_name_kind_known")
        ),
        sa.CheckConstraint("name = btrim(name) and name <> ''", name=op.f("ck_place_name_name_given")),
        sa.CheckConstraint(
            "not published or classification = 'public'", name=op.f("ck_place_name_published_is_public")
        ),
        sa.CheckConstraint(
            "valid_from is null or valid_to is null or valid_from < valid_to", name=op.f("ck_place_name_validity_order")
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["geoservice.import_batch.id"], name=op.f("fk_place_name_batch_id")),
        sa.ForeignKeyConstraint(["place_id"], ["geoservice.place.id"], name=op.f("fk_place_name_place_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_place_name")),
        sa.UniqueConstraint(
            "place_id",
            "kind",
            "name",
            "valid_from",
            name=op.f("uq_place_name_place_id_kind_name_valid_from"),
            postgresql_nulls_not_distinct=True,
        ),
        schema="geoservice",
    )
    op.create_index(op.f("ix_place_name_batch_id"), "place_name", ["batch_id"], unique=False, schema="geoservice")
    op.create_index(
        "ix_place_name_grams", "place_name", ["grams"], unique=False, schema="geoservice", postgresql_using="gin"
    )
    op.create_index(
        "ix_place_name_initials",
        "place_name",
        ["initials"],
        unique=False,
        schema="geoservice",
        postgresql_ops={"initials": "text_pattern_ops"},
    )
    op.create_index(
        "ix_place_name_name_trgm",
        "place_name",
        ["name"],
        unique=False,
        schema="geoservice",
        postgresql_using="gin",
        postgresql_ops={"name": "gin_trgm_ops"},
    )
    op.create_index(
        "ix_place_name_pinyin_trgm",
        "place_name",
        ["pinyin"],
        unique=False,
        schema="geoservice",
        postgresql_using="gin",
        postgresql_ops={"pinyin": "gin_trgm_ops"},
    )
    op.create_index(op.f("ix_place_name_place_id"), "place_name", ["place_id"], unique=False, schema="geoservice")
