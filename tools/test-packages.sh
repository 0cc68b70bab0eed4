#!/usr/bin/env bash
# The tests' only need beyond .venv: a PostgreSQL of the machine, beside the one in the wheel. Installed when we may (root with
# apt); else the test that asks for it is left out and says so. In CI nothing is left out.
set -euo pipefail
shopt -s nullglob

programs=(/usr/lib/postgresql/*/bin/postgres)
if ((${#programs[@]})); then exit 0; fi

failed() {
  echo "tests: no PostgreSQL of the machine ($1): the test with it is left out" >&2
  if [[ ${CI:-} == true ]]; then exit 1; fi
  exit 0
}

if ((EUID != 0)) || ! command -v apt-get >/dev/null; then failed "installing Debian's needs root and apt"; fi
echo "tests: installing Debian's PostgreSQL" >&2
# Only its programs are wanted: no cluster of its own, which would start and listen.
mkdir -p /etc/postgresql-common
if [[ ! -e /etc/postgresql-common/createcluster.conf ]]; then
  echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.conf
fi
export DEBIAN_FRONTEND=noninteractive
{ apt-get update -qq && apt-get install -qq -y --no-install-recommends -o Dpkg::Options::=--force-confold postgresql; } >&2 ||
  failed "apt could not install it"
