#!/bin/sh
# Brings an academy that runs in containers to the version that is checked out: deploy/server/update.sh
#
# Each service gets new containers beside the old ones, which leave when the new ones are well: no call
# is refused. What docker compose is told, by .env or COMPOSE_FILE, counts here too.
set -eu
services="auth user course progress quiz certificate notification media gateway"
files() { docker compose exec -T envoy sh -c 'cat /run/envoy/*' | cksum; }

docker compose build --quiet
for step in secrets migrate; do
    docker compose up --no-deps --no-log-prefix --exit-code-from "$step" "$step"
done
before=$(files)
docker compose up --no-deps --no-log-prefix --exit-code-from envoy-config envoy-config
for service in $services; do
    old=$(docker compose ps --quiet "$service")
    count=$(echo "$old" | wc -w)
    docker compose up --detach --wait --no-deps --no-recreate --scale "$service=$((2 * count))" "$service"
    # shellcheck disable=SC2086 # one word each
    docker stop --timeout 30 $old > /dev/null && docker rm $old > /dev/null
done
# What Envoy reads once, as the routes of new calls: connections are refused for a second.
[ "$before" = "$(files)" ] || docker compose restart envoy
