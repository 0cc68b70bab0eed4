#!/usr/bin/env bash
# What the tests need beyond .venv: a PostgreSQL of the machine, beside the one in the wheel; sipp, which plays the carrier and
# the phones; programs that speak and prompts that were spoken, for the detection of answering machines; a browser for the
# web console. Installed when we may (root with apt); else the tests that ask for them are left out and say so. In CI
# nothing is.
set -euo pipefail
shopt -s nullglob

missing=()
programs=(/usr/lib/postgresql/*/bin/postgres)
if ((!${#programs[@]})); then missing+=(postgresql); fi
if ! command -v sipp >/dev/null; then missing+=(sip-tester); fi
for program in espeak-ng flite chromium; do
  if ! command -v "$program" >/dev/null; then missing+=("$program"); fi
done
for prompts in en_US_f_Allison es_MX_f_Allison fr_CA_f_June it_IT_m_Carlo ru_RU_f_IvrvoiceRU; do
  if [[ ! -d /usr/share/asterisk/sounds/$prompts ]]; then missing+=("asterisk-core-sounds-${prompts%%_*}-wav"); fi
done
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
