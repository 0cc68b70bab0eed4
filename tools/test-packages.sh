#!/usr/bin/env bash
# What the tests need beyond .venv: a PostgreSQL of the machine, beside the one in the wheel, and sipp, which plays the carrier and
# the phones. Installed when we may (root with apt); else the tests that ask for them are left out and say so. In CI nothing is.
set -euo pipefail
shopt -s nullglob

missing=()
programs=(/usr/lib/postgresql/*/bin/postgres)
if ((!${#programs[@]})); then missing+=(postgresql); fi
if ! command -v sipp >/dev/null; then missing+=(sip-tester); fi
if ((!${#missing[@]})); then exit 0; fi

failed() {
  echo "tests: ${missing[*]} missing ($1): the tests with it are left out" >&2
  if [[ ${CI:-} == true ]]; then exit 1; fi
  exit 0
}

if ((EUID != 0)) || ! command -v apt-get >/dev/null; then failed "installing Debian's needs root and apt"; fi
echo "tests: installing Debian's ${missing[*]}" >&2
# Of PostgreSQL only its programs are wanted: no cluster of its own, which would start and listen.
mkdir -p /etc/postgresql-common
if [[ ! -e /etc/postgresql-common/createcluster.conf ]]; then
  echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.conf
fi
export DEBIAN_FRONTEND=noninteractive
{ apt-get update -qq && apt-get install -qq -y --no-install-recommends -o Dpkg::Options::=--force-confold "${missing[@]}"; } >&2 ||
  failed "apt could not install it"
