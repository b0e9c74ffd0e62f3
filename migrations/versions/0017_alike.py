"""Names that sound or look alike are found by keys; what is there is filled by `geoservice names rekey`."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017"
down_revision = "0016"


def upgrade():
    op.execute("set role geoservice_owner")
    op.add_column(
        "place_name",
        sa.Column(
            "alike_keys",
            postgresql.ARRAY(sa.Text()),
            server_default="{}",
            nullable=False,
            comment="Shared by names that may be taken for each other",
        ),
        schema="geoservice",
    )
    op.create_index(
        "ix_place_name_alike_keys", "place_name", ["alike_keys"], schema="geoservice", postgresql_using="gin"
    )
    op.execute("select geoservice.versioned('geoservice.place_name')")
    op.execute("reset role")


def downgrade():
    op.execute("set role geoservice_owner")
    op.execute("drop trigger version on geoservice.place_name")
    op.drop_index("ix_place_name_alike_keys", "place_name", schema="geoservice")
    op.drop_column("place_name", "alike_keys", schema="geoservice")
    op.execute("select geoservice.versioned('geoservice.place_name')")
    op.execute("reset role")
