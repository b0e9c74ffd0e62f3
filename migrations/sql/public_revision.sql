-- How often what the public sees of a layer has changed: ETags and the staleness of runs tell it no more than that.

-- Holds a row only until the transaction ends: counters are raised at commit, so that nobody waits for a long import.
create table geoservice.layer_change (
  id bigint generated always as identity primary key,
  layer text not null
);
alter table geoservice.layer_change owner to geoservice_owner;
alter table geoservice.layer_change enable row level security;

-- Statement trigger. Arguments: the layer, and what makes a row r public.
create function geoservice.note_public_change() returns trigger
language plpgsql security definer set search_path = geoservice, pg_temp as $$
declare
  touched boolean := tg_op = 'TRUNCATE';
begin
  if tg_op in ('INSERT', 'UPDATE') then
    execute format('select exists (select from new_rows r where %s)', tg_argv[1]) into touched;
  end if;
  if not touched and tg_op in ('UPDATE', 'DELETE') then
    execute format('select exists (select from old_rows r where %s)', tg_argv[1]) into touched;
  end if;
  -- Rows of others are never seen here: they are gone when their transaction ends.
  if touched and not exists (select from layer_change where layer = tg_argv[0]) then
    insert into layer_change (layer) values (tg_argv[0]);
  end if;
  return null;
end $$;

create function geoservice.count_public_change() returns trigger
language plpgsql security definer set search_path = geoservice, pg_temp as $$
begin
  insert into layer_revision as r (layer, public_revision, public_changed_at) values (new.layer, 1, clock_timestamp())
  on conflict (layer) do update
  set public_revision = r.public_revision + 1, public_changed_at = clock_timestamp();
  delete from layer_change where id = new.id;
  return null;
end $$;

create constraint trigger count_public_change after insert on geoservice.layer_change
  deferrable initially deferred for each row execute function geoservice.count_public_change();

create function geoservice.publicly_counted(relation regclass, layer text, condition text) returns void
language plpgsql as $$
declare
  call text := format('execute function geoservice.note_public_change(%L, %L)', layer, condition);
begin
  execute format('create trigger public_insert after insert on %s referencing new table as new_rows'
                 ' for each statement %s', relation, call);
  execute format('create trigger public_update after update on %s referencing old table as old_rows'
                 ' new table as new_rows for each statement %s', relation, call);
  execute format('create trigger public_delete after delete on %s referencing old table as old_rows'
                 ' for each statement %s', relation, call);
  execute format('create trigger public_truncate after truncate on %s for each statement %s', relation, call);
end $$;
