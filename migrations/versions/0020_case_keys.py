"""Keys of names that cases ask for go into the index at once: what waits beside it is read through at each search."""

from alembic import op

revision = "0020"
down_revision = "0019"

INDEX = "geoservice.ix_case_name_alike_keys"


def upgrade():
    op.execute("set role geoservice_owner")
    op.execute(f"alter index {INDEX} set (fastupdate = off)")
    # What waits now goes in when the index is made anew; there are few.
    op.execute(f"reindex index {INDEX}")
    op.execute("reset role")


def downgrade():
    op.execute("set role geoservice_owner")
    op.execute(f"alter index {INDEX} reset (fastupdate)")
    op.execute("reset role")
