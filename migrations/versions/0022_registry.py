"""The fields of the national census of place names, and records of one thing that is registered twice."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0022"
down_revision = "0021"

TEXTS = {
    "extent": "What the geometry tells: point, line, box, outline, unstated",
    "meaning": "含义",
    "origin": "来历",
    "history": "历史沿革",
    "allusion": "典故",
    "overview": "地理实体概况",
    "usage": "使用时间: current or historic",
    "established": "设立年份, as written",
    "abolished": "废止年份, as written",
    "survey_method": "测量方法",
    "language": "语种",
    "ethnic_writing": "民族文字",
    "generic_romanisation": "通名罗马字母拼写",
    "units_stated": "所在(跨)行政区, as written",
    "map_sheet": "图号(年版)",
    "map_scale": "比例尺",
    "documents": "资料来源",
    "remark": "备注",
    "registered_by": "登记人",
    "registered_office": "登记单位",
}


def columns():
    yield sa.Column("same_as_id", sa.BigInteger(), comment="The registration of the unit of this organisation")
    yield sa.Column(
        "apart_from",
        postgresql.ARRAY(sa.BigInteger()),
        server_default="{}",
        nullable=False,
        comment="Places that somebody has said this is not",
    )
    for name, comment in TEXTS.items():
        yield sa.Column(name, sa.Text(), comment=comment)
    yield sa.Column("elevation_m", sa.Float(), comment="高程")
    yield sa.Column("sign_count", sa.BigInteger(), comment="标牌个数")
    yield sa.Column("registered_on", sa.Date(), comment="登记时间")


def upgrade():
    op.execute("set role geoservice_owner")
    for column in columns():
        op.add_column("place", column, schema="geoservice")
    op.create_foreign_key(
        "fk_place_same_as_id",
        "place",
        "place",
        ["same_as_id"],
        ["id"],
        source_schema="geoservice",
        referent_schema="geoservice",
        ondelete="SET NULL",
    )
    op.create_check_constraint(op.f("ck_place_same_as_another"), "place", "same_as_id <> id", schema="geoservice")
    op.create_index(
        "ix_place_same_as_id",
        "place",
        ["same_as_id"],
        schema="geoservice",
        postgresql_where="same_as_id is not null",
    )
    # Tells at once whether names wait for their keys.
    op.create_index(
        "ix_place_name_without_keys",
        "place_name",
        ["id"],
        schema="geoservice",
        postgresql_where="alike_keys = '{}'",
    )
    op.execute("select geoservice.versioned('geoservice.place')")
    op.execute("reset role")


def downgrade():
    op.execute("set role geoservice_owner")
    op.drop_index("ix_place_name_without_keys", "place_name", schema="geoservice")
    op.execute("drop trigger version on geoservice.place")
    for column in columns():
        op.drop_column("place", column.name, schema="geoservice")
    op.execute("select geoservice.versioned('geoservice.place')")
    op.execute("reset role")
