#!/bin/bash
# The login of the program: no more than a member of its three roles. Runs once, when the database is made.
set -euo pipefail
psql --set=ON_ERROR_STOP=1 --set=password="$GEOSERVICE_PASSWORD" --username="$POSTGRES_USER" --dbname="$POSTGRES_DB" <<'SQL'
create role geoservice_owner nologin;
create role geoservice_app nologin;
create role geoservice_reader nologin;
create role geoservice_login login noinherit password :'password';
grant geoservice_app, geoservice_reader to geoservice_login;
SQL
