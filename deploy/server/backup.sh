#!/bin/sh
# Saves an academy that runs in containers: deploy/server/backup.sh FOLDER
#
# FOLDER, which must not be there, gets databases.sql.gz, secrets.tar, media.tar and state.tar:
# whoever has it has the academy. It is there only once all of it is; what fails leaves
# FOLDER.unfinished. What docker compose is told, by .env or COMPOSE_FILE, counts here too.
set -eu
folder=${1:?usage: deploy/server/backup.sh FOLDER}
umask 077
if [ -e "$folder" ]; then
    echo "$folder is there already." >&2
    exit 1
fi
unfinished=$folder.unfinished
rm -rf "$unfinished"
mkdir -p "$unfinished"
# With 1 tar tells of files that came or went meanwhile, as uploads do; all others are saved.
# shellcheck disable=SC2016 # of the inner shell
tar_of() {
    docker compose run --rm --no-deps -T --entrypoint sh "$1" -c \
        'tar --create --directory "$1" . || [ $? = 1 ]' tar "$2"
}
# What signs and opens the rest first; objects last, since their bytes outlive their rows by a day.
tar_of secrets /run/stellr > "$unfinished/secrets.tar"
docker compose exec -T postgres pg_dumpall --host=/var/run/postgresql --username=postgres > "$unfinished/databases.sql"
gzip "$unfinished/databases.sql"
# Whether the demo course was loaded.
tar_of demo /var/lib/stellr > "$unfinished/state.tar"
tar_of media /var/lib/stellr/media > "$unfinished/media.tar"
mv "$unfinished" "$folder"
