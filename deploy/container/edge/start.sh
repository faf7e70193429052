#!/bin/sh
# Fill in the edge's settings, as seiriken/edge.py does without containers, and become nginx.
#
# The templates are those of deploy/edge, and the few beside this file: what a container adds
# (ModSecurity, the exporter's page, where the gateways are). All is written below /tmp, since the
# root is read-only.
set -eu

here=/etc/seiriken
export EDGE_CONF_DIR=/tmp/edge/conf EDGE_RUN_DIR=/tmp/edge/run
export EDGE_UPSTREAMS=$EDGE_CONF_DIR/upstreams.conf EDGE_SERVERS=$EDGE_CONF_DIR/tls.conf
names=$(env | sed -n 's/^\(EDGE_[A-Z0-9_]*\)=.*/${\1}/p' | tr '\n' ' ')

fill() { # fill FOLDER: each of its files, and what .template files are made to
    (cd "$1" && find . -type f ! -name '*.sh') | while read -r file; do
        target=$EDGE_CONF_DIR/${file%.template}
        mkdir -p "$(dirname "$target")"
        case $file in
            *.template) envsubst "$names" < "$1/$file" > "$target" ;;
            *) cp "$1/$file" "$target" ;;
        esac
    done
}

rm -rf "$EDGE_CONF_DIR"
mkdir -p "$EDGE_CONF_DIR" "$EDGE_RUN_DIR"
fill "$here/edge"
fill "$here/container"
exec nginx -p /etc/nginx -c "$EDGE_CONF_DIR/nginx.conf"
