#!/bin/sh
# Print the folder of a PostgreSQL that the installed pgBackRest can back up, for its test.
# Where there is none, Debian's packages are installed when we are root (no server is started);
# else one line says what is missing, and the exit status is 1.
set -eu

VERSION=15

find_programs() {
    folder=${POSTGRES_BIN:-/usr/lib/postgresql/$VERSION/bin}
    command -v pgbackrest > /dev/null 2>&1 && [ -x "$folder/postgres" ] && echo "$folder"
}

install_packages() {
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq < /dev/null || return 1
    if ! [ -e /etc/postgresql-common/createcluster.conf ]; then
        # Before the server's package comes, so that it makes and starts no cluster of its own.
        mkdir -p /etc/postgresql-common
        echo 'create_main_cluster = false' > /etc/postgresql-common/createcluster.conf
    fi
    apt-get install -y -qq --no-install-recommends -o Dpkg::Options::=--force-confold \
        "postgresql-$VERSION" pgbackrest < /dev/null
}

if ! find_programs > /dev/null && [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null 2>&1; then
    echo "Installing pgBackRest and PostgreSQL $VERSION ..." >&2
    install_packages >&2 || true
fi

find_programs || {
    echo "seiriken: no pgBackRest with PostgreSQL $VERSION (Debian 12: apt-get install pgbackrest postgresql-$VERSION)" >&2
    exit 1
}
