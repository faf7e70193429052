#!/bin/sh
# Make sure that there is a Redis or Valkey to start: sh deploy/find-redis.sh PYTHON
# Where neither the PATH nor the virtual environment has one, Debian's and Ubuntu's
# package is installed when we are root (and not started: `seiriken up` starts its own).
# Else nothing is done here: `seiriken up` says what is missing, or uses REDIS_URL.
set -eu

python=$1
if [ -n "${REDIS_URL:-}" ] \
    || "$python" -c 'from seiriken.embedded_redis import program; program()' 2> /dev/null; then
    exit 0
fi
if [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null 2>&1; then
    echo "Installing redis-server ..."
    policy=/usr/sbin/policy-rc.d # Debian's own way to say that nothing is to be started.
    if [ ! -e "$policy" ]; then
        printf '#!/bin/sh\nexit 101\n' > "$policy"
        chmod 755 "$policy"
        trap 'rm -f "$policy"' EXIT
    fi
    apt-get update -qq < /dev/null >&2
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        redis-server < /dev/null > /dev/null
    if command -v systemctl > /dev/null 2>&1; then
        systemctl disable --quiet redis-server 2> /dev/null || true
    fi
fi
