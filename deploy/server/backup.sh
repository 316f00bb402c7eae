#!/bin/sh
# Saves an academy that runs in containers: deploy/server/backup.sh FOLDER
#
# FOLDER, which must not be there, gets databases.sql.gz, secrets.tar, media.tar and state.tar:
# whoever has it has the academy. What docker compose is told, by .env or COMPOSE_FILE, counts here too.
set -eu
folder=${1:?usage: deploy/server/backup.sh FOLDER}
umask 077
mkdir "$folder"
tar_of() { docker compose run --rm --no-deps -T --entrypoint tar "$1" --create --directory "$2" .; }
# What signs and opens the rest first; objects last, since their bytes outlive their rows by a day.
tar_of secrets /run/stellr > "$folder/secrets.tar"
docker compose exec -T postgres pg_dumpall --host=/var/run/postgresql --username=postgres > "$folder/databases.sql"
# Whether the demo course was loaded.
tar_of demo /var/lib/stellr > "$folder/state.tar"
tar_of media /var/lib/stellr/media > "$folder/media.tar"
gzip "$folder/databases.sql"
