"""Names know roughly where their places lie: a search in an area asks one index for characters and area together."""

from alembic import op

revision = "0023"
down_revision = "0022"

# Numbers in `place_name.areas`; geoservice.names.cells makes the same. Units stand with their own numbers, cells of a grid
# over the earth below zero, from cells of 5 km up to 1250 km. What spans more than four cells of a size stands in larger
# ones alone, and there as a wide one too.
FUNCTIONS = """
create function geoservice.units_above(unit_id bigint) returns bigint[]
language plpgsql stable parallel safe set search_path = geoservice, pg_temp as $$
-- A unit and every unit that was ever above it: which of them are above it on a day is asked afterwards.
declare
    found bigint[] := '{}';
    next bigint[] := array[units_above.unit_id];
begin
    while units_above.unit_id is not null and cardinality(next) > 0 loop
        found := found || next;
        next := array(select distinct v.parent_id from unit_version v
                      where v.unit_id = any(next) and v.parent_id <> all(found));
    end loop;
    return found;
end $$;

create function geoservice.cell_keys(geom public.geometry, stated boolean) returns bigint[]
language plpgsql immutable parallel safe set search_path = public, pg_temp as $$
-- Kinds of cells: 0 of all, 1 of places without a stated unit, 2 and 3 the same of wide ones.
declare
    found bigint[] := '{}';
    west int; west_x float8 := st_xmin(geom) + 180; east int; east_x float8 := st_xmax(geom) + 180;
    south int; south_y float8 := st_ymin(geom) + 180; north int; north_y float8 := st_ymax(geom) + 180;
    wide boolean := false; key bigint; size bigint; scale float8;
begin
    if geom is null or st_isempty(geom) then
        return found;
    end if;
    foreach size in array array[13, 11, 9, 7, 5] loop
        scale := (1 << size::int) / 360::float8;
        west := floor(west_x * scale); east := floor(east_x * scale);
        south := floor(south_y * scale); north := floor(north_y * scale);
        if size > 5 and (east - west + 1) * (north - south + 1) > 4 then
            wide := true;
            continue;
        end if;
        for x in west..east loop
            for y in south..north loop
                key := (size << 32) + (x << 16) + y;
                found := found || -key;
                if not stated then found := found || -(key + (16::bigint << 32)); end if;
                if wide then
                    found := found || -(key + (32::bigint << 32));
                    if not stated then found := found || -(key + (48::bigint << 32)); end if;
                end if;
            end loop;
        end loop;
        wide := false;
    end loop;
    return found;
end $$;

-- A name is as important as its place and lies where it does. Its version tells of the name alone, so these columns are
-- left out of it.
create function geoservice.take_from_place() returns trigger
language plpgsql security definer set search_path = geoservice, public, pg_temp as $$
begin
    select p.rank, units_above(p.unit_id) || cell_keys(p.geom, p.unit_id is not null)
    into new.place_rank, new.areas from place p where p.id = new.place_id;
    return new;
end $$;

create function geoservice.hand_on_to_names() returns trigger
language plpgsql security definer set search_path = geoservice, public, pg_temp as $$
begin
    -- What is written here is what `take_from_place` puts in its stead.
    update place_name set place_rank = new.rank, areas = '{}' where place_id = new.id;
    return null;
end $$;

-- A unit that comes under another takes its places along; what it was under before does no harm.
create function geoservice.hand_on_parent() returns trigger
language plpgsql security definer set search_path = geoservice, public, pg_temp as $$
begin
    if exists (select from unit_version v where v.unit_id = new.unit_id and v.parent_id = new.parent_id and v.id <> new.id) then
        return null;
    end if;
    update place_name n set areas = '{}' from place p
    where p.id = n.place_id and p.unit_id in (
        with recursive below as (
            select new.unit_id as id
            union select v.unit_id from below b join unit_version v on v.parent_id = b.id
        ) select id from below);
    return null;
end $$;
"""
TRIGGERS = """
create trigger take_from_place before insert or update of place_id, place_rank, areas on geoservice.place_name
    for each row execute function geoservice.take_from_place();
create trigger hand_on_to_names after update of rank, unit_id, geom on geoservice.place for each row
    when (old.rank <> new.rank or old.unit_id is distinct from new.unit_id or old.geom::bytea is distinct from new.geom::bytea)
    execute function geoservice.hand_on_to_names();
create trigger hand_on_parent after insert or update of unit_id, parent_id on geoservice.unit_version for each row
    when (new.parent_id is not null) execute function geoservice.hand_on_parent();
"""
GRAMS, BOTH = "ix_place_name_grams", "ix_place_name_grams_areas"
# What 0021 made, for the way back.
RANK_ALONE = """
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
create trigger take_place_rank before insert or update of place_id, place_rank on geoservice.place_name
    for each row execute function geoservice.take_place_rank();
create trigger hand_on_rank after update of rank on geoservice.place for each row
    when (old.rank <> new.rank) execute function geoservice.hand_on_rank();
"""


def upgrade():
    op.execute("set role geoservice_owner")
    op.execute("drop trigger hand_on_rank on geoservice.place")
    op.execute("drop trigger take_place_rank on geoservice.place_name")
    op.execute("drop function geoservice.hand_on_rank(), geoservice.take_place_rank()")
    op.execute(FUNCTIONS)
    op.execute("alter table geoservice.place_name add areas bigint[] not null default '{}'")
    op.execute("comment on column geoservice.place_name.areas is 'Units and cells of its place; a trigger keeps it'")
    op.drop_index(GRAMS, "place_name", schema="geoservice")
    op.execute("alter table geoservice.place_name disable trigger user")
    op.execute(
        "update geoservice.place_name n"
        " set areas = geoservice.units_above(p.unit_id) || geoservice.cell_keys(p.geom, p.unit_id is not null)"
        " from geoservice.place p where p.id = n.place_id"
    )
    op.execute("alter table geoservice.place_name enable trigger user")
    op.execute(TRIGGERS)
    op.create_index(BOTH, "place_name", ["grams", "areas"], schema="geoservice", postgresql_using="gin")
    op.execute("alter table geoservice.place_name alter column areas set statistics 1000")
    op.execute("reset role")


def downgrade():
    op.execute("set role geoservice_owner")
    op.execute("drop trigger hand_on_parent on geoservice.unit_version")
    op.execute("drop trigger hand_on_to_names on geoservice.place")
    op.execute("drop trigger take_from_place on geoservice.place_name")
    op.drop_index(BOTH, "place_name", schema="geoservice")
    op.drop_column("place_name", "areas", schema="geoservice")
    op.create_index(GRAMS, "place_name", ["grams"], schema="geoservice", postgresql_using="gin")
    op.execute(
        "drop function geoservice.hand_on_parent(), geoservice.hand_on_to_names(), geoservice.take_from_place(),"
        " geoservice.cell_keys(public.geometry, boolean), geoservice.units_above(bigint)"
    )
    op.execute(RANK_ALONE)
    op.execute("reset role")
