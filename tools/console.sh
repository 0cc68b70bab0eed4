#!/bin/sh
# Builds the web console out of console/ when that changed: with npm from PATH or, where there is none, with the Node of
# requirements/node.txt. Does nothing when nothing changed. To be called after tools/setup.sh.
#
# A console that cannot be built is told once and stops nothing. OUTDIAL_CONSOLE=require makes it a failure, and tries
# again what failed before; OUTDIAL_CONSOLE=skip leaves all as it is.
set -eu
cd "$(dirname "$0")/.."
exec 1>&2

say() { printf 'console: %s\n' "$*"; }

# Cheaper than the stamp of tools/console.py, and kept also where the build failed: the next command must not wait for
# the same failure.
key() { find console \( -name node_modules -o -name dist -o -name '.?*' \) -prune -o -type f -exec cksum {} + | sort | cksum; }
looked_at=.venv/.outdial-console
up_to_date() { [ "${OUTDIAL_CONSOLE:-auto}" != require ] && [ -f $looked_at ] && [ "$(cat $looked_at)" = "$(key)" ]; }

if [ "${OUTDIAL_CONSOLE:-auto}" = skip ] || [ ! -f console/package-lock.json ] || up_to_date; then exit 0; fi

if command -v flock >/dev/null; then
    exec 9<tools/console.py
    flock 9
    if up_to_date; then exit 0; fi
fi

if .venv/bin/python tools/console.py needs-node; then
    say "installing Node for the build"
    . tools/installers.sh
    for uv in uv .venv/bin/uv .uv/bin/uv; do
        if "$uv" --version >/dev/null 2>&1; then break; fi
    done
    "$uv" pip install --quiet --python .venv/bin/python --require-hashes --no-build -r requirements/node.txt ||
        .venv/bin/python -m pip install --quiet --require-hashes --only-binary :all: -r requirements/node.txt ||
        say "it could not be installed: the installers say above why"
fi
.venv/bin/python tools/console.py
key >$looked_at
