#!/bin/sh
# Builds the image that runs every node, with the commit and the lock's hash in its labels.
#   deploy/build.sh registry.example/graduate:1 [--gpu] [options of `docker build`, such as --push]
# By Docker, Podman or Buildah, whichever is there; $GRADUATE_BUILDER names another one.
set -eu
cd "$(dirname "$0")/.."

fail() { # sentence, remedy
  printf 'error: %s\n\nhint: %s\n' "$1" "$2" >&2
  exit "${3:-2}"
}

usage="deploy/build.sh registry.example/graduate:1 [--gpu] [options of docker build]"
case "${1:-}" in
-h | --help) sed -n '2,4s/^# \{0,1\}//p' "$0"; exit 0 ;;
'' | -*) fail "the image has no name" "$usage" ;;
esac
image=$1 variant=cpu
shift
if [ "${1:-}" = --gpu ]; then variant=gpu; shift; fi

builder=${GRADUATE_BUILDER:-}
for candidate in docker podman buildah; do
  [ -n "$builder" ] || ! command -v "$candidate" >/dev/null 2>&1 || builder=$candidate
done
[ -n "$builder" ] || fail "neither docker nor podman nor buildah was found" "install one of them, or name another in GRADUATE_BUILDER" 1

# What is copied into the image and differs from the commit makes another revision of it.
revision=$(git rev-parse HEAD 2>/dev/null || echo unknown)
if [ "$revision" != unknown ]; then
  copied=$(sed -n 's/^!//p' .dockerignore)
  # shellcheck disable=SC2086  # a word a path
  [ -z "$(git status --porcelain -- $copied deploy/Dockerfile .dockerignore)" ] || revision=$revision-changed
fi
lock=$(sha256sum uv.lock | cut -d' ' -f1)

echo "$builder builds $image ($variant) of ${revision}, lock ${lock}" >&2
exec "$builder" build --file deploy/Dockerfile --tag "$image" \
  --build-arg "VARIANT=$variant" --build-arg "REVISION=$revision" --build-arg "LOCK=$lock" "$@" .
