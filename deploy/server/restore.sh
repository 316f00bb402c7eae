#!/bin/sh
# Brings back what backup.sh saved, where there are no volumes yet: deploy/server/restore.sh FOLDER
# What docker compose is told, by .env or COMPOSE_FILE, counts here too.
set -eu
folder=${1:?usage: deploy/server/restore.sh FOLDER}
project=$(docker compose config | sed -n 's/^name: //p')
if [ -n "$(docker volume ls --quiet --filter "label=com.docker.compose.project=$project")" ]; then
    echo "There is an academy. docker compose down -v removes it, with all data." >&2
    exit 1
fi
# Nothing is begun with a backup that is not whole.
gzip --test "$folder/databases.sql.gz"
if ! gunzip --stdout "$folder/databases.sql.gz" | tail -n 5 | grep -q 'PostgreSQL database cluster dump complete'; then
    echo "$folder/databases.sql.gz is not whole." >&2
    exit 1
fi
for archive in secrets state media; do tar --list --file "$folder/$archive.tar" > /dev/null; done
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
