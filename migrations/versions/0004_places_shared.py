"""Places that people find in the balanced shares, beside the two floating catchments."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade():
    op.execute("set role geoservice_owner")
    op.add_column(
        "coverage_reach",
        sa.Column(
            "places_shared", sa.Double(), nullable=True, comment="What a thousand people find in the balanced shares"
        ),
        schema="geoservice",
    )
    op.execute("reset role")


def downgrade():
    op.execute("set role geoservice_owner")
    op.drop_column("coverage_reach", "places_shared", schema="geoservice")
    op.execute("reset role")
