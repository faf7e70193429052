#!/bin/sh
# Print what the edge's application firewall is made of, a line each: nginx's ModSecurity module, the
# Core Rule Set's settings, and the folder of its rules. Where they are missing, Debian's and Ubuntu's
# packages are installed when we are root; else one line says what is missing, and the exit status
# is 1. Their rules are of the line before the container image's: paths and rules differ, not the use.
set -eu

module=/usr/lib/nginx/modules/ngx_http_modsecurity_module.so
settings=/etc/modsecurity/crs/crs-setup.conf
rules=/usr/share/modsecurity-crs/rules

are_there() {
    [ -e "$module" ] && [ -e "$settings" ] && [ -d "$rules" ]
}

if ! are_there && [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null 2>&1; then
    echo "Installing ModSecurity and its rules ..." >&2
    apt-get update -qq < /dev/null >&2
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        libnginx-mod-http-modsecurity modsecurity-crs < /dev/null >&2 || true
fi

are_there || {
    echo "seiriken: the edge's firewall needs ModSecurity: install it (Debian: apt-get install libnginx-mod-http-modsecurity modsecurity-crs)" >&2
    exit 1
}
printf '%s\n' "$module" "$settings" "$rules"
