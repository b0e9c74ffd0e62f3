"""Turn restrictions beside the roads."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"


def upgrade():
    op.execute("set role geoservice_owner")
    op.create_table(
        "turn_restriction",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="no_left_turn, only_straight_on ..."),
        sa.Column("from_ways", postgresql.ARRAY(sa.Text()), nullable=False, comment="For example osm:way/1"),
        sa.Column("via_nodes", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("via_ways", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("to_ways", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("modes", postgresql.ARRAY(sa.Text()), nullable=False, comment="Who must obey it: bicycle, car"),
        sa.Column("condition", sa.Text(), nullable=True, comment="When it holds, where not always"),
        sa.Column("classification", sa.Text(), server_default="internal", nullable=False),
        sa.Column("published", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column(
            "schematic", sa.Boolean(), server_default=sa.text("false"), nullable=False, comment="示意数据, 非测绘成果"
        ),
        sa.Column("batch_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "classification in ('public', 'internal', 'confidential', 'secret', 'top_secret')",
            name=op.f("ck_turn_restriction_classification_known"),
        ),
        sa.CheckConstraint(
            "not published or classification = 'public'", name=op.f("ck_turn_restriction_published_is_public")
        ),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["geoservice.import_batch.id"], name=op.f("fk_turn_restriction_batch_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_turn_restriction")),
        sa.UniqueConstraint("key", name=op.f("uq_turn_restriction_key")),
        schema="geoservice",
    )
    op.create_index(
        op.f("ix_turn_restriction_batch_id"), "turn_restriction", ["batch_id"], unique=False, schema="geoservice"
    )
    op.execute("grant select on geoservice.turn_restriction to geoservice_reader")
    op.execute("grant select, insert, update, delete on geoservice.turn_restriction to geoservice_app")
    op.execute("grant usage, select on sequence geoservice.turn_restriction_id_seq to geoservice_app")
    op.execute("reset role")


def downgrade():
    op.execute("set role geoservice_owner")
    op.drop_table("turn_restriction", schema="geoservice")
    op.execute("reset role")
