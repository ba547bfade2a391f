#!/usr/bin/env bash
# Runs an image as its configuration says, where no container engine can: its files read-only but for what the Dockerfile says
# shall be given to it, processes of its own, its user and no privilege, the network of the host. Root needed.
#   run.sh STORE IMAGE [NAME=VALUE...]
set -euo pipefail
store=$1
image=$2
shift 2
buildah=(buildah --root "$store/images" --runroot "$store/run" --storage-driver vfs)
inspect() { "${buildah[@]}" inspect --type image --format "$1" "$image"; }

container=$("${buildah[@]}" from --pull-never "$image")
trap '"${buildah[@]}" rm "$container" > /dev/null' EXIT
export root=$("${buildah[@]}" mount "$container")
mapfile -t environment < <(inspect '{{range .OCIv1.Config.Env}}{{println .}}{{end}}' | grep .)
mapfile -t command < <(inspect '{{range .OCIv1.Config.Entrypoint}}{{println .}}{{end}}{{range .OCIv1.Config.Cmd}}{{println .}}{{end}}' | grep .)
export user=$(inspect '{{.OCIv1.Config.User}}')
export writable=$(grep -oE -- '--tmpfs /[^ .]+' "$(dirname "$0")/../../../Dockerfile" | cut -d' ' -f2 | tr '\n' ' ')

unshare --mount --pid --fork --kill-child --ipc --uts -- bash -ec '
    mount --bind "$root" "$root"
    mount -o remount,bind,ro "$root"
    for place in $writable; do mount -t tmpfs -o mode=1777 tmpfs "$root$place"; done
    mount -t proc proc "$root/proc"
    mount --rbind /dev "$root/dev"
    exec setpriv --no-new-privs chroot --userspec="$user:0" --groups=0 "$root" env -i "$@"
' - "${environment[@]}" "$@" "${command[@]}"
