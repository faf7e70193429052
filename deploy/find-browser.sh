#!/bin/sh
# Print the path of a Chromium or Chrome that the browser tests can drive.
# Where there is none, Debian's and Ubuntu's package is installed when we are root;
# else one line says what is missing, and the exit status is 1.
set -eu

find_browser() {
    if [ -n "${CHROMIUM:-}" ]; then
        echo "$CHROMIUM"
        return
    fi
    for name in chromium chromium-browser google-chrome-stable google-chrome; do
        # Ubuntu's chromium-browser may be a stand-in for a snap: it must say its version.
        if path=$(command -v "$name") && "$path" --version > /dev/null 2>&1; then
            echo "$path"
            return
        fi
    done
    for path in \
        "/Applications/Chromium.app/Contents/MacOS/Chromium" \
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"; do
        if [ -x "$path" ]; then
            echo "$path"
            return
        fi
    done
    return 1
}

has_japanese_font() {
    ! command -v fc-list > /dev/null 2>&1 || [ -n "$(fc-list :lang=ja)" ]
}

can_install() {
    [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null 2>&1
}

install() {
    echo "Installing $* ..." >&2
    apt-get update -qq < /dev/null >&2
    DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends "$@" < /dev/null >&2
}

if ! find_browser > /dev/null && can_install; then
    install chromium fonts-ipafont-gothic || true
elif ! has_japanese_font && can_install; then
    install fonts-ipafont-gothic || true
fi

find_browser || {
    echo "seiriken: the browser tests need Chromium or Google Chrome: install one (Debian: apt-get install chromium), or name it: CHROMIUM=/path make test" >&2
    exit 1
}
