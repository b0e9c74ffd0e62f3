"""Names are walked through in the order of the search: frequent characters need no sorting of millions of hits."""

from alembic import op

revision = "0021"
down_revision = "0020"

# What geoservice.ingest.name_keys.folded does: one width, lower case, variants as one, no separators.
VARIANTS, SAME = "塆坮臺灣垸嘴候", "湾台台湾院咀侯"
SEPARATORS = (
    r"[\u0020\u0009\u000a\u000d\u00a0\u200b\u200e\u200f\ufeff\u00b7\u2022\u30fb\u2027\u2219\u0027\u2018\u2019\u02bc\u0060\u0022"
    r"\u201c\u201d\u002d\u2010\u2011\u2013\u2014\u005f\u007e\u002c\uff0c\u002e\u3002\u3001\u003b\uff1b\u003a\uff1a\u0021\uff01"
    r"\u003f\uff1f\u0028\u0029\uff08\uff09\u005b\u005d\uff3b\uff3d\u3010\u3011\u007b\u007d\u300a\u300b\u3008\u3009\u003c\u003e"
    r"\u002f\u005c\u007c\u0026\u002b\u002a\u0023\u0025\u0040\u005e\u0024\u003d]"
)
FOLDED = "geoservice.folded(name)"
STANDING = "case kind when 'standard' then 0 when 'former' then 2 else 1 end"
# 0: walked through in order; 1: ended, or will end; 2: too long for an entry of an index, folded (11 times as long
# at most).
LANE = (
    "case when valid_to is not null then 1 when octet_length(name) > 150"
    " or octet_length(pinyin) + octet_length(tones) + octet_length(initials) > 900 then 2 else 0 end"
)
FUNCTIONS = """
create function geoservice.folded(name text) returns text language sql immutable strict parallel safe as
$$ select pg_catalog.normalize(pg_catalog.regexp_replace(pg_catalog.translate(
     pg_catalog.lower(pg_catalog.normalize(name, 'NFKC')), 'VARIANTS', 'SAME'), 'SEPARATORS', '', 'g'), 'NFKC') $$;

-- A name is as important as its place. Its version tells of the name alone, so this column is left out of it.
create function geoservice.take_place_rank() returns trigger
language plpgsql security definer set search_path = geoservice, pg_temp as $$
begin
    select p.rank into new.place_rank from place p where p.id = new.place_id;
    return new;
end $$;

create function geoservice.hand_on_rank() returns trigger
language plpgsql security definer set search_path = geoservice, pg_temp as $$
begin
    update place_name set place_rank = new.rank where place_id = new.id and place_rank <> new.rank;
    return null;
end $$;
"""
ORDER = "standing, place_rank, length, id"
# The walk reads nothing but its index.
COVERED = "folded, pinyin, tones, initials, place_id, valid_from, published, classification"
INDEXES = f"""
create index ix_place_name_in_order on geoservice.place_name ({ORDER}) include ({COVERED}) where lane = 0;
create index ix_place_name_lane on geoservice.place_name (lane, valid_to) where lane > 0;
create index ix_place_name_sounds on geoservice.place_name using gin (string_to_array(pinyin, ' '));
create index ix_place_geom_without_unit on geoservice.place using gist (geom) where unit_id is null;
create index ix_place_unit_id_class_code on geoservice.place (unit_id, class_code);
create index ix_place_name_begins on geoservice.place_name (beginning text_pattern_ops, {ORDER});
"""
# Which characters, pairs and sounds are frequent decides how a search is answered.
WATCHED = ("beginning", "lane", "pinyin", "initials", "grams", "alike_keys")


def upgrade():
    op.execute("set role geoservice_owner")
    op.execute(FUNCTIONS.replace("VARIANTS", VARIANTS).replace("SAME", SAME).replace("SEPARATORS", SEPARATORS))
    # In one statement: the table is written anew once.
    op.execute(
        f"alter table geoservice.place_name"
        f" add folded text not null generated always as ({FOLDED}) stored,"
        f" add beginning text not null generated always as (left({FOLDED}, 40)) stored,"
        f" add standing smallint not null generated always as ({STANDING}) stored,"
        f" add length integer not null generated always as (length(name)) stored,"
        f" add lane smallint not null generated always as ({LANE}) stored,"
        f" add place_rank bigint not null default 5"
    )
    op.execute("comment on column geoservice.place_name.place_rank is 'Of its place; a trigger keeps it'")
    op.execute("alter table geoservice.place_name disable trigger user")
    op.execute(
        "update geoservice.place_name n set place_rank = p.rank from geoservice.place p where p.id = n.place_id and p.rank <> 5"
    )
    op.execute("alter table geoservice.place_name enable trigger user")
    op.execute(
        "create trigger take_place_rank before insert or update of place_id, place_rank on geoservice.place_name"
        " for each row execute function geoservice.take_place_rank()"
    )
    op.execute(
        "create trigger hand_on_rank after update of rank on geoservice.place for each row"
        " when (old.rank <> new.rank) execute function geoservice.hand_on_rank()"
    )
    op.execute(INDEXES)
    for name in WATCHED:
        op.execute(f"alter table geoservice.place_name alter column {name} set statistics 1000")
    op.execute("reset role")


def downgrade():
    op.execute("set role geoservice_owner")
    op.execute("drop trigger hand_on_rank on geoservice.place")
    op.execute("drop trigger take_place_rank on geoservice.place_name")
    for name in ("lane", "place_rank", "length", "standing", "beginning", "folded"):
        op.drop_column("place_name", name, schema="geoservice")
    op.drop_index("ix_place_name_sounds", "place_name", schema="geoservice")
    op.drop_index("ix_place_geom_without_unit", "place", schema="geoservice")
    op.drop_index("ix_place_unit_id_class_code", "place", schema="geoservice")
    for name in ("pinyin", "initials", "grams", "alike_keys"):
        op.execute(f"alter table geoservice.place_name alter column {name} set statistics -1")
    op.execute("drop function geoservice.hand_on_rank(), geoservice.take_place_rank(), geoservice.folded(text)")
    op.execute("reset role")
