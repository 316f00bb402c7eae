#!/bin/sh
# Brings back what backup.sh saved, where there are no volumes yet: deploy/server/restore.sh FOLDER
# What docker compose is told, by .env or COMPOSE_FILE, counts here too.
set -eu
folder=${1:?usage: deploy/server/restore.sh FOLDER}
if [ -n "$(docker compose ps --all --quiet)" ]; then
    echo "There is an academy. docker compose down -v removes it, with all data." >&2
    exit 1
fi
into() { docker compose run --rm --no-deps -T --entrypoint tar "$1" --extract --directory "$2"; }
into secrets /run/stellr < "$folder/secrets.tar"
into demo /var/lib/stellr < "$folder/state.tar"
into media /var/lib/stellr/media < "$folder/media.tar"
docker compose up --wait postgres
# Of roles and databases, only the administrator's own are there already.
gunzip --stdout "$folder/databases.sql.gz" |
    grep -v '^CREATE ROLE postgres;$' |
    docker compose exec -T postgres psql --host=/var/run/postgresql --username=postgres \
        --quiet --output=/dev/null --set=ON_ERROR_STOP=1
docker compose up --wait
