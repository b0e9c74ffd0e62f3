"""What came out of a job whose result stands nowhere else."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0034"
down_revision = "0032"


def upgrade():
    op.execute("set role geoservice_owner")
    op.add_column(
        "job",
        sa.Column("result", postgresql.JSONB(), nullable=True, comment="Where it stands nowhere else; for some days"),
        schema="geoservice",
    )
    op.execute("reset role")


def downgrade():
    op.execute("set role geoservice_owner")
    op.drop_column("job", "result", schema="geoservice")
    op.execute("reset role")
