"""Names are looked up in the order of a search: by standing, importance and length, in the index that holds what they are asked for.

`order_group` is filled for every name there is: with millions of them that takes long.
"""

from alembic import op

revision = "0038"
down_revision = "0037"

TABLE = "place_name"
BEFORE = {"ix_place_name_grams_areas_sounds": ["grams", "areas", "sounds"]}
NOW = {"ix_place_name_lookups": ["grams", "areas", "sounds", "order_group"]}


def upgrade():
    op.execute("set role geoservice_owner")
    _drop(BEFORE)
    op.execute(
        f"alter table geoservice.{TABLE} add order_group bigint[] not null generated always as (array[case when valid_to is null then"
        " (case kind when 'standard' then 0 when 'former' then 2 else 1 end)::bigint * 10000000000000000"
        " + place_rank::bigint * 100000 + length(name) end]) stored"
    )
    op.execute(
        f"comment on column geoservice.{TABLE}.order_group is"
        " 'Standing, importance and length as one number; none where the name will end'"
    )
    _create(NOW)
    op.execute("reset role")


def downgrade():
    op.execute("set role geoservice_owner")
    _drop(NOW)
    op.drop_column(TABLE, "order_group", schema="geoservice")
    _create(BEFORE)
    op.execute("reset role")


def _drop(indexes):
    for name in indexes:
        op.drop_index(name, TABLE, schema="geoservice")


def _create(indexes):
    for name, columns in indexes.items():
        op.create_index(name, TABLE, columns, schema="geoservice", postgresql_using="gin")
