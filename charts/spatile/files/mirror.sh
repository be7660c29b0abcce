# Keeps a copy of volumes, the oldest files first, until it is asked to leave; then once more.
# What the server knows comes before the data: a copy that is cut off then holds runs that go on, never runs that look finished.
# Arguments: folders, each a volume. REMOTE: where the copies go. INTERVAL: seconds between two.
set -u
copy() {
  for folder in "$@"; do
    # Without its mark a volume may be empty because it is new: its copy must not follow.
    [ -e "$folder/.spatile-restored" ] || continue
    rclone sync "$folder" "$REMOTE/$(basename "$folder")" \
      --order-by modtime,ascending --local-no-check-updated --skip-links \
      --exclude '/.spatile-restored' --exclude '/lost+found/**' --exclude '*.partial/**' --exclude '*.tmp' \
      --exclude '*.lock' --exclude '*.tmp-*' || echo "spatile: no whole copy of $folder this time" >&2
  done
}
leaving=
trap 'leaving=yes; kill "$sleeper" 2>/dev/null' TERM INT
sleeper=
while [ -z "$leaving" ]; do
  copy "$@"
  sleep "$INTERVAL" &
  sleeper=$!
  [ -n "$leaving" ] || wait "$sleeper" 2>/dev/null
done
kill "$sleeper" 2>/dev/null
copy "$@"
