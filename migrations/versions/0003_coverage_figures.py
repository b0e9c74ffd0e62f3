"""Figures of coverage: households, backup, neighbours, built-up land, what each facility does, each case as a whole."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"

SCHEMA = "geoservice"
OLD_UNIQUE = "uq_coverage_unit_run_id_standard_id_type_unit_id_is_total"
EMPTY = sa.text("'{}'")


def whole(name, **given):
    return sa.Column(name, sa.BigInteger(), nullable=True, **given)


def counted(name):
    return sa.Column(name, sa.BigInteger(), server_default=sa.text("0"), nullable=False)


def added():
    """New columns by table."""
    reach = (
        whole("second_facility_id"),
        whole("second_time_ds", comment="Reach time of the second nearest facility"),
        sa.Column(
            "facilities_within",
            sa.BigInteger(),
            server_default=sa.text("0"),
            nullable=False,
            comment="Facilities within the limit",
        ),
        sa.Column(
            "by_neighbour",
            sa.Boolean(),
            nullable=True,
            comment="Covered, but by no facility of its own county; null where no county has an outline",
        ),
        sa.Column("places_per_thousand", sa.Double(), nullable=True, comment="Two-step floating catchment"),
        sa.Column("places_balanced", sa.Double(), nullable=True, comment="Balanced floating catchment"),
    )
    unit = (
        sa.Column(
            "is_county",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
            comment="A sum beside the units, by county",
        ),
        whole("facilities_outside"),
        counted("communities_backed_up"),
        whole("communities_by_neighbour"),
        counted("communities_without_population_60"),
        counted("communities_without_population_80"),
        counted("communities_without_households"),
        counted("population_backed_up"),
        whole("population_by_neighbour"),
        counted("households"),
        counted("households_covered"),
        sa.Column("built_up_km2", sa.Double(), nullable=True),
        sa.Column("built_up_covered_km2", sa.Double(), nullable=True, comment="Areal share, from the circle"),
        sa.Column("gini_time", sa.Double(), nullable=True, comment="Of reach time, weighted by people"),
    )
    return {"coverage_reach": reach, "coverage_unit": unit}


def of_case(table):
    """Columns and keys that say which case of which run."""
    return (
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("standard_id", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["geoservice.coverage_run.id"], name=op.f(f"fk_{table}_run_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )


def needed(name, **given):
    return sa.Column(name, sa.BigInteger(), nullable=False, **given)


def make_tables():
    op.create_table(
        "coverage_facility",
        *of_case("coverage_facility"),
        needed("facility_id"),
        sa.Column(
            "outside",
            sa.Boolean(),
            nullable=True,
            comment="Outside the county; null where no county has an outline",
        ),
        needed("communities_within", comment="Whose limit it is within"),
        needed("population_within"),
        needed("lost_communities", comment="Not covered if it closes"),
        needed("lost_population"),
        needed("lost_population_60"),
        needed("lost_population_80"),
        needed("single_communities", comment="Left with one facility if it closes"),
        needed("single_population"),
        needed("single_population_60"),
        needed("single_population_80"),
        whole("capacity", comment="Places, for example beds; null where not known"),
        whole("taken_milli", comment="Thousandths of places taken, nearest first"),
        whole("effective_ds", comment="Time of the farthest community that it serves"),
        sa.CheckConstraint(
            "capacity >= 0 and taken_milli >= 0 and taken_milli <= 1000 * capacity",
            name=op.f("ck_coverage_facility_capacity_kept"),
        ),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["geoservice.facility.id"], name=op.f("fk_coverage_facility_facility_id")
        ),
        sa.UniqueConstraint(
            "run_id",
            "standard_id",
            "type",
            "facility_id",
            name=op.f("uq_coverage_facility_run_id_standard_id_type_facility_id"),
        ),
        schema=SCHEMA,
    )
    op.create_table(
        "coverage_case",
        *of_case("coverage_case"),
        sa.Column("figures", postgresql.JSONB(), nullable=False),
        sa.UniqueConstraint("run_id", "standard_id", "type", name=op.f("uq_coverage_case_run_id_standard_id_type")),
        schema=SCHEMA,
    )


def grant():
    for table in ("coverage_facility", "coverage_case"):
        op.execute(f"grant select on geoservice.{table} to geoservice_reader")
        op.execute(f"grant select, insert, update, delete on geoservice.{table} to geoservice_app")
        op.execute(f"grant usage, select on sequence geoservice.{table}_id_seq to geoservice_app")


def upgrade():
    op.execute("set role geoservice_owner")
    op.add_column(
        "coverage_run",
        sa.Column(
            "network_outside_km",
            postgresql.JSONB(),
            server_default=EMPTY,
            nullable=False,
            comment="Mode to kilometres of its network outside the county",
        ),
        schema=SCHEMA,
    )
    for table, columns in added().items():
        for column in columns:
            op.add_column(table, column, schema=SCHEMA)
    op.create_foreign_key(
        op.f("fk_coverage_reach_second_facility_id"),
        "coverage_reach",
        "facility",
        ["second_facility_id"],
        ["id"],
        source_schema=SCHEMA,
        referent_schema=SCHEMA,
    )
    op.drop_constraint(op.f(OLD_UNIQUE), "coverage_unit", schema=SCHEMA)
    op.create_unique_constraint(
        "uq_coverage_unit_case",
        "coverage_unit",
        ["run_id", "standard_id", "type", "unit_id", "is_total", "is_county"],
        schema=SCHEMA,
        postgresql_nulls_not_distinct=True,
    )
    op.create_check_constraint(
        op.f("ck_coverage_unit_backed_up"),
        "coverage_unit",
        "communities_backed_up <= communities_covered",
        schema=SCHEMA,
    )
    make_tables()
    grant()
    op.execute("reset role")


def downgrade():
    op.execute("set role geoservice_owner")
    op.drop_table("coverage_case", schema=SCHEMA)
    op.drop_table("coverage_facility", schema=SCHEMA)
    op.drop_constraint(op.f("ck_coverage_unit_backed_up"), "coverage_unit", schema=SCHEMA)
    op.drop_constraint("uq_coverage_unit_case", "coverage_unit", schema=SCHEMA)
    op.execute("delete from geoservice.coverage_unit where is_county")
    op.create_unique_constraint(
        op.f(OLD_UNIQUE),
        "coverage_unit",
        ["run_id", "standard_id", "type", "unit_id", "is_total"],
        schema=SCHEMA,
        postgresql_nulls_not_distinct=True,
    )
    for table, columns in added().items():
        for column in columns:
            op.drop_column(table, column.name, schema=SCHEMA)
    op.drop_column("coverage_run", "network_outside_km", schema=SCHEMA)
    op.execute("reset role")
