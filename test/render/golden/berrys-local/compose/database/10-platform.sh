psql --set ON_ERROR_STOP=1 --no-psqlrc --username postgres --port 5432 --dbname postgres <<'SQL'
\set owner_password `cat /run/secrets/keelson/database/password`
\set replication_password `cat /run/secrets/keelson/database/replication`
CREATE ROLE keelson LOGIN PASSWORD :'owner_password';
CREATE ROLE replicator LOGIN REPLICATION PASSWORD :'replication_password';
CREATE DATABASE keelson OWNER keelson;
SQL
