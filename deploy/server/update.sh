#!/bin/sh
# Brings an academy that runs in containers to the version that is checked out: deploy/server/update.sh
#
# Each service gets new containers beside the old ones, which leave when the new ones are well: no call
# is refused. PostgreSQL, Redis and Envoy are started anew where their image or settings changed. Where
# it fails, the old containers of a service stay, or its new ones: never both.
# What docker compose is told, by .env or COMPOSE_FILE, counts here too.
set -eu
services="auth user course progress quiz certificate notification media gateway"
in_envoy() { docker compose exec -T envoy bash -ceu "$1"; }
# Has Envoy tell connections to end, then take no new ones, and waits for the calls under way: for 3 s at
# most, since streams go on for an hour. The image has no client of HTTP but bash.
# shellcheck disable=SC2016 # for the shell there
drain='
ask() {
    exec 3<> /dev/tcp/127.0.0.1/9901
    printf "$1 HTTP/1.1\r\nHost: envoy\r\nContent-Length: 0\r\nConnection: close\r\n\r\n" >&3
    cat <&3
}
ask "POST /drain_listeners?graceful&skip_exit" > /dev/null
sleep 5 # --drain-time-s
ask "POST /drain_listeners" > /dev/null
for second in 1 2 3; do
    [[ $(ask "GET /stats?filter=http.public.downstream_rq_active") != *"active: 0"* ]] || break
    sleep 1
done'
# Runs one to its end. (With --exit-code-from, compose hangs where a step that fails is tried again.)
step() {
    docker compose up --detach --no-deps "$1"
    if [ "$(docker wait "$(docker compose ps --all --quiet "$1")")" != 0 ]; then
        docker compose logs --no-log-prefix --tail 20 "$1" >&2
        exit 1
    fi
}
# The containers of a service, but for those named after it.
others() {
    name=$1
    shift
    for each in $(docker compose ps --all --quiet "$name"); do
        case " $* " in *" $each "*) ;; *) echo "$each" ;; esac
    done
}
leave() {
    for each in "$@"; do
        docker inspect "$each" > /dev/null 2>&1 || continue
        docker stop --timeout 30 "$each" > /dev/null
        docker rm "$each" > /dev/null
    done
}
# shellcheck disable=SC2046,SC2086 # one word each
without_new() { leave $(others "$service" $old); }
# shellcheck disable=SC2086
without_old() { leave $old; }
on_exit=:
trap '$on_exit' EXIT
trap 'exit 1' HUP INT TERM

docker compose build --quiet
docker compose up --detach --wait --no-deps postgres redis
for name in secrets migrate envoy-config; do
    step "$name"
done
for service in $services; do
    # What had stopped would be started again, as it was.
    docker compose rm --force "$service" > /dev/null 2>&1
    old=$(docker compose ps --quiet "$service" | tr '\n' ' ')
    count=$(echo "$old" | wc -w)
    if [ "$count" = 0 ]; then
        docker compose up --detach --wait --no-deps "$service"
        continue
    fi
    on_exit=without_new
    docker compose up --detach --wait --no-deps --no-recreate --scale "$service=$((2 * count))" "$service"
    on_exit=without_old
    without_old
    on_exit=:
done
docker compose up --detach --wait --no-deps envoy
# What Envoy read when it began, as the routes of new calls, may be older than this run of the script.
# shellcheck disable=SC2016 # for the shell there
if ! in_envoy '[ "$(cksum *)" = "$(cat /tmp/read)" ]'; then
    in_envoy "$drain" || echo "Envoy could not be drained: calls under way end." >&2
    docker compose restart envoy
fi
