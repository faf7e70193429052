#!/bin/sh
# Print the path of an nginx that can be the edge. Where there is none, Debian's and Ubuntu's package
# is installed when we are root (and not started); else one line says what is missing, and the exit
# status is 1.
set -eu

find_nginx() {
    PATH="$PATH:/usr/sbin:/usr/local/sbin" command -v nginx
}

if ! find_nginx > /dev/null && [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null 2>&1; then
    echo "Installing nginx-light ..." >&2
    policy=/usr/sbin/policy-rc.d # Debian's own way to say that nothing is to be started.
    if [ ! -e "$policy" ]; then
        printf '#!/bin/sh\nexit 101\n' > "$policy"
        chmod 755 "$policy"
        trap 'rm -f "$policy"' EXIT
    fi
    apt-get update -qq < /dev/null >&2
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        nginx-light < /dev/null >&2 || true
fi

find_nginx || {
    echo "seiriken: the edge needs nginx: install it (Debian: apt-get install nginx-light)" >&2
    exit 1
}
