"""Figures of indicators that an officer enters."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade():
    op.execute("set role geoservice_owner")
    op.create_table(
        "indicator_entry",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("indicator", sa.Text(), nullable=False, comment="Id in layers/standards/indicators.toml"),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("classification", sa.Text(), server_default="internal", nullable=False),
        sa.Column("published", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column(
            "schematic", sa.Boolean(), server_default=sa.text("false"), nullable=False, comment="示意数据, 非测绘成果"
        ),
        sa.Column("batch_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "classification in ('public', 'internal', 'confidential', 'secret', 'top_secret')",
            name=op.f("ck_indicator_entry_classification_known"),
        ),
        sa.CheckConstraint(
            "not published or classification = 'public'", name=op.f("ck_indicator_entry_published_is_public")
        ),
        sa.CheckConstraint("source = btrim(source) and source <> ''", name=op.f("ck_indicator_entry_source_given")),
        sa.CheckConstraint("value >= 0 and value < 'infinity'", name=op.f("ck_indicator_entry_value_finite")),
        sa.ForeignKeyConstraint(["batch_id"], ["geoservice.import_batch.id"], name=op.f("fk_indicator_entry_batch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_indicator_entry")),
        schema="geoservice",
    )
    for column in ("indicator", "batch_id"):
        op.create_index(op.f(f"ix_indicator_entry_{column}"), "indicator_entry", [column], schema="geoservice")
    op.execute("grant select on geoservice.indicator_entry to geoservice_reader, geoservice_app")
    # A figure is added to, never changed.
    op.execute("grant insert on geoservice.indicator_entry to geoservice_app")
    op.execute("grant usage, select on sequence geoservice.indicator_entry_id_seq to geoservice_app")
    op.execute("reset role")


def downgrade():
    op.execute("set role geoservice_owner")
    op.drop_table("indicator_entry", schema="geoservice")
    op.execute("reset role")
