#!/bin/sh
# Make the secrets of compose.yaml, each a file: `make secrets`. What is there is never touched.
#
#   sh deploy/container/make-secrets.sh [FOLDER]
#
# The folder may be entered by its owner alone (0700). The files in it are readable (0444): a
# container's user is another one, and sees only the files that its service names.
#
# EDGE_NAME is the name that residents type. A certificate for it is made here, signed by itself:
# for a real city replace edge.pem and edge.key, and edge-ca.pem by who signed it.
set -eu
umask 077

folder=${1:-var/container/secrets}
edge_name=${EDGE_NAME:-seiriken.localhost}
database=seiriken
rules=$(cd "$(dirname "$0")" && pwd)/redis/users.txt
mkdir -p "$folder"
chmod 700 "$folder"
cd "$folder"
made=0

put() { # Standard input becomes the file $1, unless there is one.
    if [ -e "$1" ]; then
        cat > /dev/null
    else
        cat > "$1.new"
        chmod 0444 "$1.new"
        mv "$1.new" "$1"
        made=$((made + 1))
    fi
}

password() {
    openssl rand -hex 24 | tr -d '\n' | put "$1.password"
}

# contact-old.key opens what an earlier contact.key wrapped (docs/keys.md); at first, nothing.
names="identity roster contact contact-old session place draw receipt request code staff backup"
for name in $names; do
    openssl rand -hex 32 | put "$name.key"
done
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 2> /dev/null | put vwr-token.pem

# The login roles (allocator/migrate.py sets their passwords), and the owner, who migrates.
for role in gateway allocator jobs backup staff; do
    password "$role"
    printf 'postgresql://%s_%s_login:%s@postgres:5432/%s\n' \
        "$database" "$role" "$(cat "$role.password")" "$database" | put "${role}_database_url"
done
password postgres
printf 'postgresql://%s:%s@postgres:5432/%s\n' \
    "$database" "$(cat postgres.password)" "$database" | put database_url
for name in exporter alerts grafana; do
    password "$name"
done

# One user of Redis for each kind of process; what each may do stands in redis/users.txt. Nobody may
# stop the server, change its settings or empty it; who gives no password may only ask for it.
users="gateway staff allocator room jobs backup herald tools"
for user in $users; do
    password "redis_$user"
    settings_file=${user}_redis_url
    [ "$user" = tools ] && settings_file=redis_url
    printf 'redis://%s:%s@redis:6379/0\n' "$user" "$(cat "redis_$user.password")" \
        | put "$settings_file"
done
password redis_exporter
printf '{"redis://exporter@redis:6379":"%s"}\n' "$(cat redis_exporter.password)" \
    | put redis_exporter.json

digest() {
    openssl dgst -sha256 -r < "$1.password" | cut -d ' ' -f 1
}

{
    echo 'user default on nopass resetkeys resetchannels -@all +ping'
    grep -v '^#' "$rules" | while read -r user may; do
        echo "user $user on #$(digest "redis_$user") resetkeys resetchannels -@all $may"
    done
} | put redis.acl

# Whom the probe signs in as: nobody, born in 1800 (seiriken/probe_enrolment.py).
number=$(od -An -N7 -tu8 /dev/urandom | tr -d ' ')
printf '{"municipality_code":"000000","ticket_number":"%010d","birth_date":"1800-01-01"}\n' \
    "$((number % 10000000000))" | put probe-resident.json

if [ ! -e edge.pem ]; then
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 365 \
        -subj "/CN=$edge_name" -addext "subjectAltName=DNS:$edge_name" \
        -keyout drawn.key -out drawn.pem 2> /dev/null
    put edge.key < drawn.key
    put edge.pem < drawn.pem
    rm drawn.key drawn.pem
fi
put edge-ca.pem < edge.pem

echo "$made secrets made in $folder"
