#!/usr/bin/env bash
# Opens what spatile writes with the Python packages people use (spatialdata, anndata, geopandas; versions pinned), and
# compares it with an independent reading of the input. Needs Python 3.11 or later, a network for the first run, and
# the built command line. Real sets are checked where ../shared/data is there.
set -euo pipefail
cd "$(dirname "$0")/../.."

python=''
for candidate in python3.12 python3.13 python3 python3.11; do
  if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    python=$candidate
    break
  fi
done
if [ -z "$python" ]; then
  echo 'interop: no Python 3.11 or later was found; install one (Debian: python3 python3-venv)' >&2
  exit 1
fi

here=tests/interop
requirements=$here/requirements.txt
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 12))' || requirements=$here/requirements-3.11.txt
venv=.venv-interop
stamp=$("$python" --version | cat - "$requirements" | sha256sum | cut -d' ' -f1)
if [ "$(cat "$venv/stamp" 2>/dev/null)" != "$stamp" ]; then
  echo "interop: installing $requirements for $("$python" --version)"
  rm -rf "$venv"
  "$python" -m venv "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$requirements"
  echo "$stamp" >"$venv/stamp"
fi
[ -f dist/coordinator/main.js ] || npm run build

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# check NAME KIND BUNDLE [options of `spatile run`]
check() {
  local name=$1 kind=$2 bundle=$3
  shift 3
  printf '\n== %s\n' "$name"
  node dist/coordinator/main.js run "$bundle" -o "$work/$name.zarr" --quiet "$@"
  "$venv/bin/python" "$here/expect.py" "$kind" "$bundle" "$work/$name.json"
  "$venv/bin/python" "$here/check.py" "$work/$name.zarr" "$work/$name.json"
}

printf '== example store with every kind of element\n'
node "$here/make-store.mjs" "$work/example.zarr"
"$venv/bin/python" "$here/check.py" "$work/example.zarr"

node dist/coordinator/main.js simulate -o "$work/bundle" --size-um 200 --seed 3 --quiet
check simulated xenium "$work/bundle" --assign expand --set output.labels=true

data=../shared/data
if [ -d "$data" ]; then
  check xenium-breast xenium "$data/xenium/breast-crop/outs" --assign nucleus
  check xenium-lung xenium "$data/xenium/lung-10k" --assign proseg --set output.layers=true
  check merscope-brain merscope "$data/merscope/brain-crop" --assign expand
  check cosmx-lung cosmx "$data/cosmx/lung12-fov2" --assign expand
else
  echo "interop: $data is not there; the real sets are left out"
fi
printf '\ninterop: all stores passed\n'
