# Fills volumes that are new from the copies that mirror.sh made. One with its mark is left alone: it is newer than its copy.
# Arguments: folders, each a volume. REMOTE: where the copies are.
set -eu
for folder in "$@"; do
  mark="$folder/.spatile-restored"
  [ -e "$mark" ] && continue
  rclone mkdir "$REMOTE/$(basename "$folder")"
  rclone copy "$REMOTE/$(basename "$folder")" "$folder"
  : > "$mark"
done
