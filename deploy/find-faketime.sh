#!/bin/sh
# Print the path of libfaketime, with which `make chaos` skews the clock of one process.
# Where there is none, Debian's and Ubuntu's package is installed when we are root;
# else one line says what is missing, and the exit status is 1.
set -eu

find_library() {
    if [ -n "${FAKETIME_LIBRARY:-}" ]; then
        echo "$FAKETIME_LIBRARY"
        return
    fi
    for path in /usr/lib/*/faketime/libfaketimeMT.so.1 /usr/lib*/faketime/libfaketimeMT.so.1; do
        if [ -e "$path" ]; then
            echo "$path"
            return
        fi
    done
    return 1
}

if ! find_library > /dev/null && [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null 2>&1; then
    echo "Installing libfaketime ..." >&2
    {
        apt-get update -qq < /dev/null &&
            DEBIAN_FRONTEND=noninteractive \
                apt-get install -y -qq --no-install-recommends libfaketime < /dev/null
    } >&2 || true
fi

find_library || {
    echo "seiriken: no libfaketime: clocks are not skewed (Debian: apt-get install libfaketime; or name it: FAKETIME_LIBRARY=/path)" >&2
    exit 1
}
