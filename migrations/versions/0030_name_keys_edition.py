"""Which edition of the program has made the keys of the names: one number for the whole registry."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0028"


def upgrade():
    op.execute("set role geoservice_owner")
    op.create_table(
        "name_keys_edition",
        sa.Column("id", sa.Integer(), autoincrement=False, server_default=sa.text("1"), nullable=False),
        sa.Column("edition", sa.Integer(), server_default=sa.text("0"), nullable=False, comment="0: not known"),
        sa.Column("noted_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_name_keys_edition_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_name_keys_edition")),
        schema="geoservice",
    )
    op.execute("insert into geoservice.name_keys_edition default values")
    op.execute("grant select on geoservice.name_keys_edition to geoservice_app, geoservice_reader")
    op.execute("reset role")


def downgrade():
    op.execute("set role geoservice_owner")
    op.drop_table("name_keys_edition", schema="geoservice")
    op.execute("reset role")
