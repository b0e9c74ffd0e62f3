"""Rows of reach name facilities that coverage_facility holds for the same run: one check a facility, not two a row."""

from alembic import op

revision = "0036"
down_revision = "0035"

COLUMNS = ("facility_id", "second_facility_id")


def upgrade():
    op.execute("set role geoservice_owner")
    for column in COLUMNS:
        op.drop_constraint(op.f(f"fk_coverage_reach_{column}"), "coverage_reach", schema="geoservice")
    op.execute("reset role")


def downgrade():
    op.execute("set role geoservice_owner")
    for column in COLUMNS:
        op.create_foreign_key(
            op.f(f"fk_coverage_reach_{column}"),
            *("coverage_reach", "facility", [column], ["id"]),
            source_schema="geoservice",
            referent_schema="geoservice",
        )
    op.execute("reset role")
