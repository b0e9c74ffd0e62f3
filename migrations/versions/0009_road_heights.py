"""Heights of the vertices of roads."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"


def upgrade():
    op.execute("set role geoservice_owner")
    op.create_table(
        "road_height",
        sa.Column("key", sa.Text(), nullable=False, comment="Of the road"),
        sa.Column("shape", sa.Text(), nullable=False, comment="MD5 of the geometry that the heights belong to"),
        sa.Column(
            "heights", postgresql.ARRAY(sa.REAL()), nullable=False, comment="Metres, one a vertex; NaN where unknown"
        ),
        sa.Column("classification", sa.Text(), server_default="internal", nullable=False),
        sa.Column("published", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column(
            "schematic", sa.Boolean(), server_default=sa.text("false"), nullable=False, comment="示意数据, 非测绘成果"
        ),
        sa.Column("batch_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "classification in ('public', 'internal', 'confidential', 'secret', 'top_secret')",
            name=op.f("ck_road_height_classification_known"),
        ),
        sa.CheckConstraint(
            "not published or classification = 'public'", name=op.f("ck_road_height_published_is_public")
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["geoservice.import_batch.id"], name=op.f("fk_road_height_batch_id")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_road_height")),
        schema="geoservice",
    )
    op.create_index(op.f("ix_road_height_batch_id"), "road_height", ["batch_id"], unique=False, schema="geoservice")
    op.execute("grant select on geoservice.road_height to geoservice_reader")
    op.execute("grant select, insert, update, delete on geoservice.road_height to geoservice_app")
    op.execute("reset role")


def downgrade():
    op.execute("set role geoservice_owner")
    op.drop_table("road_height", schema="geoservice")
    op.execute("reset role")
