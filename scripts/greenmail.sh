#!/bin/sh
# A private GreenMail on 127.0.0.1 with authentication on, for the demo and the tests.
#
#   greenmail.sh start [DIR]   starts it and waits until it answers; prints key=value lines
#   greenmail.sh stop [DIR]    ends the server that start began in DIR, and no other
#   greenmail.sh info [DIR]    prints the key=value lines again
#   greenmail.sh jar           prints the path of the server's jar, fetched by Maven the first time
#
# DIR holds the pid file and the log (default: .demo/greenmail in the clone). start uses docker compose where
# an engine answers, and otherwise the jar (Java 17, Maven). Mail is held in memory: stopping forgets it.
#
# Environment (all optional):
#   GREENMAIL_ENGINE=auto|docker|jar   which of the two (default auto)
#   GREENMAIL_PORT_OFFSET=N            added to every port; an offset other than 0 means the jar
#   GREENMAIL_VERSION=X.Y.Z            another version of the jar
set -eu
root=$(cd "$(dirname "$0")/.." && pwd -P)
. "$root/scripts/lib.sh"

# Maven Central holds no 2.1.12, the version in docker-compose.yml (2.1.8 is followed by 2.1.13): the next one is used.
pinned_version=2.1.13
pinned_sha256=21b361e46e8ffe83afe7915a2b01231c4a163c8d0fa5de607e32ed19732d908d
version=${GREENMAIL_VERSION:-$pinned_version}
users='sam:secret-sam@example.org,ada:secret-ada@example.com'

usage() { sed -n '2,15p' "$0" | sed 's/^# \{0,1\}//' >&2; exit 2; }

check_java() {
    have java || die "java is missing. Run scripts/install.sh demo, or install a Java runtime, 17 or newer."
    major=$(java -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p' | head -n 1)
    [ "${major:-0}" -ge 17 ] || die "Java 17 or newer is needed; this one is ${major:-unknown}."
}

# Prints the jar's path. A download lands under a name of its own first: two callers never see half a jar.
jar() {
    folder=$(cache_dir)
    path=$folder/greenmail-standalone-$version.jar
    if [ ! -s "$path" ]; then
        check_java
        have mvn || die "mvn is missing. Run scripts/install.sh demo, or install Apache Maven."
        say "fetching GreenMail $version with Maven (11 MB, once)"
        mkdir -p "$folder"
        work=$(mktemp -d "$folder/fetch.XXXXXX")
        trap 'rm -rf "$work"' EXIT
        mvn -q -B org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy \
            -Dartifact="com.icegreen:greenmail-standalone:$version" -DoutputDirectory="$work" >&2 ||
            die "Maven could not fetch GreenMail $version. Check the network (or Maven's settings.xml) and run this again."
        fetched=$work/greenmail-standalone-$version.jar
        if [ "$version" = "$pinned_version" ] && [ "$(sha256 "$fetched")" != "$pinned_sha256" ]; then
            die "the jar that Maven fetched is not the one pinned here (SHA-256 differs); nothing was kept"
        fi
        mv "$fetched" "$path"
        rm -rf "$work"
        trap - EXIT
    fi
    printf '%s\n' "$path"
}

cmd=${1:-}
case $cmd in
start | stop | info | jar) shift ;;
*) usage ;;
esac
if [ "$cmd" = jar ]; then jar; exit 0; fi

mkdir -p "${1:-$root/.demo/greenmail}"
dir=$(cd "${1:-$root/.demo/greenmail}" && pwd -P)
offset=${GREENMAIL_PORT_OFFSET:-0}
case $offset in *[!0-9]* | '') die "GREENMAIL_PORT_OFFSET must be a number" ;; esac
mark="-Dpostnote.dir=$dir"
api=$((8080 + offset))

ready() { curl -fs -m 3 -o /dev/null "http://127.0.0.1:$1/api/service/readiness"; }
server_pid() { cat "$dir/pid" 2>/dev/null || true; }

write_info() {
    cat >"$dir/info" <<INFO
engine=$1
host=127.0.0.1
smtp=$((3025 + offset))
smtps=$((3465 + offset))
imap=$((3143 + offset))
imaps=$((3993 + offset))
api=$api
users=sam@example.org:secret-sam,ada@example.com:secret-ada
log=$dir/greenmail.log
INFO
}

# wait_ready STILL_RUNNING...: true once the server answers, false when the command says that it has ended.
wait_ready() {
    tries=0
    until ready "$api"; do
        tries=$((tries + 1))
        if [ "$tries" -gt 240 ] || ! "$@"; then return 1; fi
        sleep 0.25
    done
}

start_docker() {
    docker info >/dev/null 2>&1 && docker compose version >/dev/null 2>&1 || return 1
    say "starting GreenMail with docker compose"
    if docker compose -f "$root/docker-compose.yml" up -d >"$dir/greenmail.log" 2>&1 && wait_ready true; then
        write_info docker
        return 0
    fi
    tail -n 5 "$dir/greenmail.log" >&2
    docker compose -f "$root/docker-compose.yml" down >/dev/null 2>&1 || true
    say "docker compose could not start GreenMail (above)"
    return 1
}

start_jar() {
    check_java
    path=$(jar)
    nohup java -Xmx256m "$mark" -Dgreenmail.hostname=127.0.0.1 \
        -Dgreenmail.users="$users" -Dgreenmail.users.login=email \
        -Dgreenmail.smtp.port=$((3025 + offset)) -Dgreenmail.smtps.port=$((3465 + offset)) \
        -Dgreenmail.imap.port=$((3143 + offset)) -Dgreenmail.imaps.port=$((3993 + offset)) \
        -Dgreenmail.api.hostname=127.0.0.1 -Dgreenmail.api.port="$api" \
        -jar "$path" >"$dir/greenmail.log" 2>&1 </dev/null &
    echo $! >"$dir/pid"
    say "starting GreenMail $version (pid $(server_pid))"
    if ! wait_ready pid_matches "$(server_pid)" "$mark"; then
        tail -n 5 "$dir/greenmail.log" >&2
        end_process "$(server_pid)" "$mark"
        rm -f "$dir/pid"
        die "GreenMail did not start; its log is $dir/greenmail.log"
    fi
    write_info jar
}

case $cmd in
start)
    have curl || die "curl is missing. Run scripts/install.sh demo, or install curl."
    if pid_matches "$(server_pid)" "$mark" && ready "$api"; then
        say "already running, pid $(server_pid)"
        cat "$dir/info"
        exit 0
    fi
    if ready "$api"; then
        die "another GreenMail answers on port $api. Stop that one, or set GREENMAIL_PORT_OFFSET=1000 to run beside it."
    fi
    engine=${GREENMAIL_ENGINE:-auto}
    if [ "$offset" != 0 ]; then engine=jar; fi
    case $engine in
    docker) start_docker || die "no docker engine that can run docker-compose.yml; GREENMAIL_ENGINE=jar does without" ;;
    jar) start_jar ;;
    auto) start_docker || start_jar ;;
    *) die "GREENMAIL_ENGINE must be auto, docker or jar" ;;
    esac
    cat "$dir/info"
    ;;
stop)
    if [ -f "$dir/info" ] && grep -qx 'engine=docker' "$dir/info"; then
        docker compose -f "$root/docker-compose.yml" down >/dev/null 2>&1 || die "docker compose down failed"
        say "stopped GreenMail"
    elif pid_matches "$(server_pid)" "$mark"; then
        end_process "$(server_pid)" "$mark"
        say "stopped GreenMail (pid $(server_pid))"
    else
        say "GreenMail is not running from $dir"
    fi
    rm -f "$dir/pid" "$dir/info"
    ;;
info)
    [ -f "$dir/info" ] || die "not started from $dir"
    cat "$dir/info"
    ;;
esac
