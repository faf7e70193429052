#!/bin/sh
# Print the path of the Nu HTML checker (vnu.jar), for the test of the pages. It is installed into
# .venv/html-checker from npm's registry, with the version and hash of deploy/html-checker; Java and
# npm, where they are missing, from Debian's and Ubuntu's packages when we are root. Else one line
# says what is missing, and the exit status is 1.
set -eu

cd "$(dirname "$0")/.."
wanted=deploy/html-checker
folder=$PWD/.venv/html-checker
jar=$folder/node_modules/vnu-jar/build/dist/vnu.jar

is_there() {
    [ -s "$jar" ] && cmp -s "$wanted/package-lock.json" "$folder/package-lock.json"
}

missing=
command -v java > /dev/null 2>&1 || missing="$missing default-jre-headless"
is_there || command -v npm > /dev/null 2>&1 || missing="$missing npm"
if [ -n "$missing" ] && [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null 2>&1; then
    echo "Installing$missing ..." >&2
    apt-get update -qq < /dev/null >&2
    # shellcheck disable=SC2086 # Several packages.
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing \
        < /dev/null > /dev/null || true
fi

if ! is_there && command -v npm > /dev/null 2>&1; then
    mkdir -p "$folder"
    cp "$wanted/package.json" "$wanted/.npmrc" "$folder/"
    cp "$wanted/package-lock.json" "$folder/package-lock.json"
    npm ci --prefix "$folder" --ignore-scripts --no-audit --no-fund --silent < /dev/null >&2 \
        || rm -f "$folder/package-lock.json"
fi

{ is_there && command -v java > /dev/null 2>&1; } || {
    echo "seiriken: the test of the pages' HTML needs Java and npm: install them (Debian: apt-get install default-jre-headless npm)" >&2
    exit 1
}
echo "$jar"
