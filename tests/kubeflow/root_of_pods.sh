#!/bin/bash
# Runs a command in a root folder of its own, where what Kubeflow's launcher writes (/minio, /tmp/kfp, …) is nobody's:
#   unshare --mount [--user --map-root-user] bash root_of_pods.sh ROOT KEEP=PATH… -- COMMAND…
# ROOT: an empty folder. KEEP=PATH: a folder PATH of this machine, seen in it at KEEP.
set -euo pipefail
root=$1
shift
mount -t tmpfs tmpfs "$root"
for one in /*; do
  case "$one" in /tmp | /minio | /s3 | /gcs | /project | /models) continue ;; esac
  if [ -L "$one" ]; then
    cp -P "$one" "$root$one"
  elif [ -d "$one" ]; then
    mkdir "$root$one"
    mount --rbind "$one" "$root$one"
  fi
done
mkdir -m 1777 "$root/tmp"
while [ "$1" != -- ]; do
  mkdir -p "$root/${1%%=*}"
  mount --bind "${1#*=}" "$root/${1%%=*}"
  shift
done
shift
touch "$root/.root-of-pods"
exec chroot "$root" "$@"
