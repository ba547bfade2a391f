#!/usr/bin/env bash
# Makes an image of the name that the Dockerfile starts from, for machines that reach no registry of images: Debian with a
# JRE and the Liberty runtime of the build, laid out as Open Liberty's own images are. Root, buildah and mmdebstrap needed.
#   base.sh WLP STORE        WLP: the runtime, target/liberty/wlp; STORE: where images are kept
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
wlp=$(realpath "$1")
store=$2
mkdir -p "$store"
name=$(sed -n 's/^FROM //p' "$here/../../../Dockerfile")
buildah=(buildah --root "$store/images" --runroot "$store/run" --storage-driver vfs)

"${buildah[@]}" rmi --prune --force > /dev/null 2>&1 || true # what earlier builds have left
made=$(cat "$here/base.sh" "$here"/helpers/*/*.sh | sha256sum | cut -d' ' -f1)
label='{{index .OCIv1.Config.Labels "made"}}'
[ "$("${buildah[@]}" inspect --type image --format "$label" "$name" 2> /dev/null)" = "$made" ] && exit 0

root=$store/root.tar
if [ ! -s "$root" ]; then
    . /etc/os-release
    cat /etc/apt/sources.list /etc/apt/sources.list.d/*.{list,sources} 2> /dev/null > "$store/sources" || true
    mmdebstrap --quiet --variant=minbase --include=openjdk-17-jre-headless,openssl \
        "$VERSION_CODENAME" "$store/part.tar" - < "$store/sources"
    mv "$store/part.tar" "$root"
fi

container=$("${buildah[@]}" from scratch)
trap '"${buildah[@]}" rm "$container" > /dev/null' EXIT
tree=$("${buildah[@]}" mount "$container")
tar -xf "$root" -C "$tree" --exclude=./dev
mkdir -p "$tree"/{dev,proc,sys,opt/ol/fixes,logs,etc/wlp}
echo 'default:x:1001:0::/home/default:/usr/sbin/nologin' >> "$tree/etc/passwd"

cp -a "$wlp" "$tree/opt/ol/wlp"
rm -rf "$tree/opt/ol/wlp/usr"
cp -r "$here/helpers" "$tree/opt/ol/helpers"
chmod -R a+rx "$tree/opt/ol/helpers"
config=/opt/ol/wlp/usr/servers/defaultServer
output=/opt/ol/wlp/output/defaultServer
mkdir -p "$tree$config"/configDropins/{defaults,overrides} "$tree$output" \
    "$tree"/opt/ol/wlp/usr/{extension,shared/{apps,config,resources/lib.index.cache}}
ln -s $config "$tree/config"
ln -s $output "$tree/output"
ln -s /opt/ol/wlp "$tree/liberty"
ln -s /opt/ol/fixes "$tree/fixes"
ln -s /opt/ol/wlp/usr/shared/resources/lib.index.cache "$tree/lib.index.cache"
echo '<server><httpEndpoint id="defaultHttpEndpoint" host="*"/></server>' \
    > "$tree$config/configDropins/defaults/open-default-port.xml"
chown -R 1001:0 "$tree"/{opt/ol,logs,etc/wlp}
chmod -R g+rw "$tree"/{opt/ol,logs,etc/wlp}

"${buildah[@]}" config --user 1001 --label made="$made" --port 9080 --port 9443 \
    --env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/opt/ol/wlp/bin:/opt/ol/helpers/build \
    --env JAVA_HOME="$(cd "$tree" && echo usr/lib/jvm/java-17-openjdk-* | sed 's|^|/|')" \
    --env LOG_DIR=/logs --env WLP_OUTPUT_DIR=/opt/ol/wlp/output --env RANDFILE=/tmp/.rnd \
    --entrypoint '["/opt/ol/helpers/runtime/docker-server.sh"]' --cmd '/opt/ol/wlp/bin/server run defaultServer' \
    "$container"
"${buildah[@]}" umount "$container" > /dev/null
"${buildah[@]}" commit --quiet "$container" "$name" > /dev/null
