-- Features written beforehand for the public, and what of them is to be written anew.

create table geoservice.prepared_layer (
  layer text not null constraint pk_prepared_layer primary key,
  batches bigint not null default 0
);
comment on column geoservice.prepared_layer.batches is 'Counts up with each batch that was written';

create table geoservice.prepared_place (
  id bigint not null constraint pk_prepared_place primary key,
  form bigint not null,
  day_from date not null,
  day_to date not null,
  head text not null,
  tail text not null
);
comment on column geoservice.prepared_place.form is 'Of what and how it was written';
comment on column geoservice.prepared_place.day_from is 'First day on which it reads so';
comment on column geoservice.prepared_place.day_to is 'First day on which it may read otherwise';
comment on column geoservice.prepared_place.head is 'GeoJSON up to what is told of its unit';
comment on column geoservice.prepared_place.tail is 'GeoJSON from there on';

create table geoservice.prepared_due (
  number bigint generated always as identity constraint pk_prepared_due primary key,
  layer text not null,
  id bigint not null
);

-- Statement trigger. Arguments: the layer, its table of features, and the column with the id of the feature. Whoever changes a record holds its
-- layer until the transaction ends, so that no batch is written meanwhile from what was before; under repeatable read a
-- batch since its beginning is a conflict, for what that batch wrote could not be seen.
create function geoservice.unprepare() returns trigger
language plpgsql security definer set search_path = geoservice, pg_temp as $$
declare
  rows_of text := case tg_op when 'INSERT' then 'new_rows' when 'DELETE' then 'old_rows'
                             else '(select * from new_rows union all select * from old_rows)' end;
begin
  perform from prepared_layer where layer = tg_argv[0] for share;
  if tg_op = 'TRUNCATE' then
    execute format('delete from %I', tg_argv[1]);
  else
    execute format($made$
      with changed as materialized (
        select distinct r.%I as id from %s r where r.published and r.classification = 'public'),
      gone as (delete from %I f using changed c where f.id = c.id)
      insert into prepared_due (layer, id) select %L, id from changed$made$,
      tg_argv[2], rows_of, tg_argv[1], tg_argv[0]);
  end if;
  return null;
end $$;
revoke execute on function geoservice.unprepare() from public;

create function geoservice.prepared(relation regclass, layer text, features text, id text)
returns void language plpgsql as $$
declare
  call text := format('execute function geoservice.unprepare(%L, %L, %L)', layer, features, id);
begin
  insert into geoservice.prepared_layer (layer) values (prepared.layer) on conflict do nothing;
  execute format('create trigger unprepare_insert after insert on %s referencing new table as new_rows'
                 ' for each statement %s', relation, call);
  execute format('create trigger unprepare_update after update on %s referencing old table as old_rows'
                 ' new table as new_rows for each statement %s', relation, call);
  execute format('create trigger unprepare_delete after delete on %s referencing old table as old_rows'
                 ' for each statement %s', relation, call);
  execute format('create trigger unprepare_truncate after truncate on %s for each statement %s', relation, call);
end $$;
revoke execute on function geoservice.prepared(regclass, text, text, text) from public;
