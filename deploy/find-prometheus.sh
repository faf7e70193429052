#!/bin/sh
# Make sure that Prometheus and Alertmanager are here, with promtool and amtool, for `make test`.
# Where they are missing, Debian's and Ubuntu's packages are installed when we are root (and not
# started: `seiriken up` starts its own); else one line says what is missing, and the exit status is 1.
set -eu

has_all() {
    command -v prometheus > /dev/null 2>&1 && command -v promtool > /dev/null 2>&1 \
        && command -v amtool > /dev/null 2>&1 \
        && { command -v prometheus-alertmanager || command -v alertmanager; } > /dev/null 2>&1
}

if ! has_all && [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null 2>&1; then
    echo "Installing prometheus and prometheus-alertmanager ..." >&2
    policy=/usr/sbin/policy-rc.d # Debian's own way to say that nothing is to be started.
    if [ ! -e "$policy" ]; then
        printf '#!/bin/sh\nexit 101\n' > "$policy"
        chmod 755 "$policy"
        trap 'rm -f "$policy"' EXIT
    fi
    apt-get update -qq < /dev/null >&2
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        prometheus prometheus-alertmanager < /dev/null > /dev/null
    if command -v systemctl > /dev/null 2>&1; then
        systemctl disable --quiet prometheus prometheus-alertmanager 2> /dev/null || true
    fi
fi

has_all || {
    echo "seiriken: the tests of alerts need Prometheus and Alertmanager on PATH, with promtool and amtool (Debian: apt-get install prometheus prometheus-alertmanager)" >&2
    exit 1
}
