#!/bin/sh
# Compiles requirements/*.txt from pyproject.toml, for every platform and Python that pyproject.toml allows.
#
# Versions that are locked already stay, unless asked otherwise: make lock ARGS=--upgrade
set -eu
cd "$(dirname "$0")/.."
exec 1>&2

uv=
for candidate in uv .venv/bin/uv .uv/bin/uv; do
    if "$candidate" --version >/dev/null 2>&1; then
        uv=$candidate
        break
    fi
done
[ -n "$uv" ] || { echo "lock: uv is needed: run make setup first"; exit 1; }

compile() { # file, what goes into it
    file=$1
    shift
    "$uv" pip compile --quiet --no-config --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" \
        --output-file "$file" "$@" >/dev/null
    echo "lock: $file"
}
# dev.txt is what a checkout installs; run.txt is the part of it that a deployment needs, in the same versions.
compile requirements/dev.txt pyproject.toml --group dev --group build "$@"
compile requirements/run.txt pyproject.toml --constraints requirements/dev.txt "$@"
compile requirements/s3.txt pyproject.toml --extra s3 --constraints requirements/dev.txt "$@"
compile requirements/plot.txt pyproject.toml --extra plot --constraints requirements/dev.txt "$@"
compile requirements/uv.txt --group setup "$@"
compile requirements/node.txt --group node "$@"
