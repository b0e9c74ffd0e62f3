"""An index that finds a unit's versions, with what a look-up of its name or of who may see it asks for."""

from alembic import op

revision = "0035"
down_revision = "0034"


def upgrade():
    op.execute("set role geoservice_owner")
    op.create_index(
        "ix_unit_version_unit_id",
        "unit_version",
        ["unit_id"],
        schema="geoservice",
        postgresql_include=["name", "valid_from", "valid_to", "classification", "published"],
    )
    op.execute("reset role")


def downgrade():
    op.execute("set role geoservice_owner")
    op.drop_index("ix_unit_version_unit_id", "unit_version", schema="geoservice")
    op.execute("reset role")
