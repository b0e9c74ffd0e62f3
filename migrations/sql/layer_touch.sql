-- Where what the public sees of a layer has changed, and at which of its revisions: a tile is made anew only after a change
-- within it.

create table geoservice.layer_touch (
  id bigint generated always as identity primary key,
  layer text not null,
  area public.geometry(geometry, 3857) not null,
  revision bigint,
  at timestamptz not null default clock_timestamp(),
  transaction bigint default txid_current()
);
comment on column geoservice.layer_touch.revision is 'Public revision of the layer; null until the transaction ends';
create index ix_layer_touch_area on geoservice.layer_touch using gist (layer, area);
create index ix_layer_touch_transaction on geoservice.layer_touch (transaction) where revision is null;
alter table geoservice.layer_touch owner to geoservice_owner;

create function geoservice.everywhere() returns public.geometry
language sql immutable parallel safe set search_path = public, pg_temp as $$
  select st_makeenvelope(-1e8, -1e8, 1e8, 1e8, 3857)
$$;

insert into geoservice.layer_touch (layer, area, revision, transaction)
select layer, geoservice.everywhere(), public_revision, null from geoservice.layer_revision;

-- Statement trigger. Arguments: the layer, what makes a row r public, and where a row r lies (EPSG:3857; empty: anywhere).
-- Up to 128 rows are kept one by one, more as the box around them all.
create or replace function geoservice.note_public_change() returns trigger
language plpgsql security definer set search_path = geoservice, public, pg_temp as $$
declare
  place text := nullif(tg_argv[2], '');
  touched bigint := 1;
  rows_of text := case tg_op when 'INSERT' then 'new_rows' when 'DELETE' then 'old_rows'
                             when 'UPDATE' then '(select * from new_rows union all select * from old_rows)' end;
begin
  if place is null and rows_of is not null then
    execute format('select count(*) from (select from %s r where %s limit 1) found', rows_of, tg_argv[1]) into touched;
  elsif rows_of is not null then
    execute format($made$
      with found as materialized (select %s as area from %s r where %s),
      counted as (select count(*) as number, st_extent(area)::geometry as around from found),
      kept as (
        insert into layer_touch (layer, area)
        select %L, st_setsrid(boxes.area, 3857) from (
          select distinct st_envelope(area) as area from found, counted where number <= 128
          union all select around from counted where number > 128) boxes
        where not st_isempty(boxes.area))
      select number from counted$made$, place, rows_of, tg_argv[1], tg_argv[0]) into touched;
  end if;
  if touched > 0 and (place is null or tg_op = 'TRUNCATE') then
    insert into layer_touch (layer, area) values (tg_argv[0], everywhere());
  end if;
  -- Rows of others are never seen here: they are gone when their transaction ends.
  if touched > 0 and not exists (select from layer_change where layer = tg_argv[0]) then
    insert into layer_change (layer) values (tg_argv[0]);
  end if;
  return null;
end $$;

create or replace function geoservice.count_public_change() returns trigger
language plpgsql security definer set search_path = geoservice, public, pg_temp as $$
declare
  present bigint;
begin
  insert into layer_revision as r (layer, public_revision, public_changed_at) values (new.layer, 1, clock_timestamp())
  on conflict (layer) do update
  set public_revision = r.public_revision + 1, public_changed_at = clock_timestamp()
  returning public_revision into present;
  update layer_touch set revision = present, at = clock_timestamp(), transaction = null
  where layer = new.layer and revision is null and transaction = txid_current();
  if present % 500 = 0 then
    -- What is older counts as changed everywhere.
    delete from layer_touch where layer = new.layer and revision <= present - 1000;
    insert into layer_touch (layer, area, revision, transaction)
    select new.layer, everywhere(), present - 1000, null where present > 1000;
  end if;
  delete from layer_change where id = new.id;
  return null;
end $$;

drop function geoservice.publicly_counted(regclass, text, text);
create function geoservice.publicly_counted(relation regclass, layer text, condition text, place text default '')
returns void language plpgsql as $$
declare
  call text := format('execute function geoservice.note_public_change(%L, %L, %L)', layer, condition, place);
begin
  execute format('drop trigger if exists public_insert on %s', relation);
  execute format('drop trigger if exists public_update on %s', relation);
  execute format('drop trigger if exists public_delete on %s', relation);
  execute format('drop trigger if exists public_truncate on %s', relation);
  execute format('create trigger public_insert after insert on %s referencing new table as new_rows'
                 ' for each statement %s', relation, call);
  execute format('create trigger public_update after update on %s referencing old table as old_rows'
                 ' new table as new_rows for each statement %s', relation, call);
  execute format('create trigger public_delete after delete on %s referencing old table as old_rows'
                 ' for each statement %s', relation, call);
  execute format('create trigger public_truncate after truncate on %s for each statement %s', relation, call);
end $$;
