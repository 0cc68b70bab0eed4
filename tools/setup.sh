#!/bin/sh
# Makes or updates .venv: the locked packages of requirements/dev.txt and this checkout, editable.
#
# Does nothing when nothing changed. All it says goes to stderr, so that the stdout of
# `make demo ARGS="--for 20 --json"` is the result and nothing else.
#
# PYTHON names the interpreter to use; without it the first on PATH that is new enough.
set -eu
cd "$(dirname "$0")/.."
exec 1>&2

say() { printf 'setup: %s\n' "$*"; }
fail() { say "$*"; exit 1; }

# The folder is part of the key: the commands of a virtual environment hold its path, so a moved one is made anew.
place=$(pwd -P)
key() { cat requirements/dev.txt requirements/uv.txt pyproject.toml tools/setup.sh | cksum; }
stamp=.venv/.outdial-setup
up_to_date() { [ -f $stamp ] && [ "$(cat $stamp)" = "$place
$(key)" ] && new_enough .venv/bin/python; }

# The errors are hidden because a name on PATH may be a version manager's empty shell, which only complains.
new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }
has_pip() { "$1" -m pip --version >/dev/null 2>&1; }

if up_to_date; then exit 0; fi

# One set-up at a time: `make demo` and `make test` may be started together.
if command -v flock >/dev/null; then
    exec 9<Makefile
    flock 9
    if up_to_date; then exit 0; fi
fi

python=
for candidate in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
    if new_enough "$candidate"; then
        # The interpreter itself, not a shim, and not the environment that is about to be made.
        python=$("$candidate" -c 'import sys; print(getattr(sys, "_base_executable", None) or sys.executable)')
        break
    fi
done
[ -n "$python" ] || fail "Python 3.11 or newer is needed (Debian: apt-get install python3), or name one: make setup PYTHON=/path/to/python3"
venv_package=$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')

. tools/installers.sh

if [ -e .venv ] && { ! new_enough .venv/bin/python || { [ -f $stamp ] && [ "$(head -n 1 $stamp)" != "$place" ]; }; }; then
    say "making .venv anew: it was moved, or its Python is gone"
    rm -rf .venv
fi
rm -f $stamp

# Where the locked uv comes from: the first of these that is possible.
#   uv on PATH | pip of .venv | pip of a new .venv | any pip, into .uv | the same again after apt-get, for root
uv=
uv_by_pip() { # python, more options
    by=$1
    shift
    say "installing uv"
    "$by" -m pip install --quiet --require-hashes --only-binary :all: "$@" -r requirements/uv.txt ||
        fail "uv could not be installed: pip says above why"
}
make_venv() { "$python" -c 'import ensurepip, venv' 2>/dev/null && "$python" -m venv --clear .venv && has_pip .venv/bin/python; }
get_uv() {
    for candidate in uv .venv/bin/uv .uv/bin/uv; do
        if "$candidate" --version >/dev/null 2>&1; then
            uv=$candidate
            return 0
        fi
    done
    if has_pip .venv/bin/python || make_venv; then
        uv_by_pip .venv/bin/python
        uv=.venv/bin/uv
    elif has_pip "$python"; then
        uv_by_pip "$python" --target .uv --upgrade
        uv=.uv/bin/uv
    else
        return 1
    fi
}
if ! get_uv; then
    missing="the package $venv_package is missing (python3-pip or uv would do as well)"
    if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
        fail "$missing: install it (Debian: apt-get install $venv_package) and run make again"
    fi
    say "$missing: installing it with apt-get"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq </dev/null || say "apt-get update failed; trying with the lists that are there"
    apt-get install -qq -y --no-install-recommends "$venv_package" </dev/null ||
        fail "$missing, and apt-get could not install it"
    get_uv || fail "$venv_package is installed, but $python still makes no environment"
fi
new_enough .venv/bin/python || "$uv" venv --quiet --python "$python" .venv

say "installing the locked packages into .venv"
if ! "$uv" pip install --quiet --python .venv/bin/python --require-hashes --no-build -r requirements/dev.txt; then
    # pip reads the machine's pip.conf, uv does not: behind a mirror set there, only pip gets through.
    has_pip .venv/bin/python || fail "the packages could not be installed: uv says above why"
    say "uv could not; trying with pip"
    .venv/bin/python -m pip install --quiet --require-hashes --only-binary :all: -r requirements/dev.txt ||
        fail "the packages could not be installed: uv and pip say above why"
fi
# What builds it is among the locked packages, so nothing is downloaded here. tools/console.sh builds the web console.
OUTDIAL_CONSOLE=skip "$uv" pip install --quiet --python .venv/bin/python --offline --no-deps --no-build-isolation --editable . ||
    fail "this checkout could not be installed into .venv: uv says above why"

printf '%s\n%s\n' "$place" "$(key)" >$stamp
say "ready"
