#!/bin/sh
# Make a virtual environment: PYTHON=python3.12 sh deploy/make-venv.sh DIRECTORY
# Debian and Ubuntu keep ensurepip in a package of its own; as root it is installed.
set -eu

python=${PYTHON:-python3}

fail() {
    echo "seiriken: $1" >&2
    exit 1
}

command -v "$python" > /dev/null 2>&1 \
    || fail "no $python here: install Python 3.11 or newer, or name one: make up PYTHON=python3.12"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
    || fail "Python 3.11 or newer is needed, $python is older: name another: make up PYTHON=python3.12"

if ! "$python" -c 'import ensurepip, venv' 2> /dev/null; then
    package=$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
    { [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null 2>&1; } \
        || fail "$python cannot make virtual environments: apt-get install $package (as root), then try again"
    echo "Installing $package ..."
    apt-get update -qq < /dev/null >&2
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$package" < /dev/null >&2 \
        || fail "$package could not be installed; it is needed to make a virtual environment"
fi

"$python" -m venv "$1"
