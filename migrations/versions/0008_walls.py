"""Walls and fences."""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry

revision = "0008"
down_revision = "0007"


def upgrade():
    op.execute("set role geoservice_owner")
    op.create_table(
        "wall",
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
        sa.CheckConstraint("GeometryType(geom) in ('LINESTRING', 'MULTILINESTRING')", name=op.f("ck_wall_geom_type")),
        sa.CheckConstraint(
            "classification in ('public', 'internal', 'confidential', 'secret', 'top_secret')",
            name=op.f("ck_wall_classification_known"),
        ),
        sa.CheckConstraint("not published or classification = 'public'", name=op.f("ck_wall_published_is_public")),
        sa.CheckConstraint("ST_IsValid(geom)", name=op.f("ck_wall_geom_valid")),
        sa.CheckConstraint(
            "ST_XMin(geom) >= -180 and ST_XMax(geom) <= 180 and ST_YMin(geom) >= -85.06 and ST_YMax(geom) <= 85.06",
            name=op.f("ck_wall_geom_on_earth"),
        ),
        sa.CheckConstraint("not ST_IsEmpty(geom)", name=op.f("ck_wall_geom_not_empty")),
        sa.ForeignKeyConstraint(["batch_id"], ["geoservice.import_batch.id"], name=op.f("fk_wall_batch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wall")),
        sa.UniqueConstraint("key", name=op.f("uq_wall_key")),
        schema="geoservice",
    )
    op.create_index(op.f("ix_wall_batch_id"), "wall", ["batch_id"], unique=False, schema="geoservice")
    op.create_index("ix_wall_geom", "wall", ["geom"], unique=False, schema="geoservice", postgresql_using="gist")
    op.create_index(
        "ix_wall_geom_3857", "wall", ["geom_3857"], unique=False, schema="geoservice", postgresql_using="gist"
    )
    op.execute("grant select on geoservice.wall to geoservice_reader")
    op.execute("grant select, insert, update, delete on geoservice.wall to geoservice_app")
    op.execute("grant usage, select on sequence geoservice.wall_id_seq to geoservice_app")
    op.execute("reset role")


def downgrade():
    op.execute("set role geoservice_owner")
    op.drop_table("wall", schema="geoservice")
    op.execute("reset role")
