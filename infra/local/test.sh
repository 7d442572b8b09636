#!/usr/bin/env bash
# What `make test` does: lint, every Go test beside one emulator, the journeys against a stack of their own,
# and the stories of ../shared/acceptance, where that folder exists, against another. It installs what it
# needs, by way of package registries alone, and leaves no process behind.
set -uo pipefail
cd "$(dirname "$0")/../.."
started=$SECONDS
work=$(mktemp -d)
lint=""
told=""
finish() {
  for process in $lint $told; do kill "$process" 2>/dev/null && wait "$process" 2>/dev/null; done
  rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM HUP
step() { echo "== $1 ($((SECONDS - started)) s)"; }

# The browser of the journeys.
if ! command -v chromium-headless-shell >/dev/null && ! command -v chromium >/dev/null; then
  step "installing Chromium (once)"
  as_root=""; [ "$(id -u)" = 0 ] || as_root=sudo
  { $as_root apt-get update -q && $as_root apt-get install -y -q --no-install-recommends chromium-headless-shell fonts-dejavu-core; } >"$work/apt" 2>&1 ||
    { cat "$work/apt"; echo "Chromium cannot be installed: the browser journeys need it"; exit 1; }
fi

failed=()

# Style and template need no stack: they are looked at beside everything else.
infra/local/lint.sh >"$work/lint" 2>&1 &
lint=$!

# The outside stories take minutes of waiting and little work: they are told beside everything else, to a stack of
# their own. What each says stands in a file of its name, and those that fail in "untold".
acceptance=../shared/acceptance
stories=(main_job otp_rules redeem_race commerce proofing renewal)
tell() (
  declare -A running
  trap 'exit 130' INT TERM HUP
  port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
  PORT=$port PHONEOTP_WITH_PARENT=1 .tools/local run >"$work/stack" 2>&1 &
  stack=$!
  trap 'kill $stack 2>/dev/null && wait $stack 2>/dev/null' EXIT
  until grep -qs '^ready ' "$work/stack"; do
    kill -0 "$stack" 2>/dev/null || { printf '%s\n' "${stories[@]}" >"$work/untold"; exit 1; }
    sleep 0.2
  done
  for story in "${stories[@]}"; do
    python3 -B "$acceptance/$story.py" "http://localhost:$port" >"$work/$story" 2>&1 &
    running[$story]=$!
  done
  for story in "${stories[@]}"; do
    wait "${running[$story]}" || echo "$story" >>"$work/untold"
  done
)
if [ -d "$acceptance" ]; then
  tell &
  told=$!
else
  echo "NOTE: $acceptance does not exist here, so no outside story is told"
fi

# Lint vets, and nobody debugs these programs. One package more than there are cores, and the journeys first: they
# wait for most of their time, and are the last to end.
step "rooms, functions, policies, journeys"
.tools/local emulate go test -count=1 -timeout 15m -p $(($(nproc) + 1)) -vet=off -ldflags=-w ./infra/journeys ./... || failed+=("go test")

step "style and template"
wait "$lint" || failed+=(lint)
cat "$work/lint"
lint=""

if [ -n "$told" ]; then
  wait "$told"
  told=""
  for story in "${stories[@]}"; do
    step "story $story"
    cat "$work/$story" 2>/dev/null
  done
  [ -f "$work/untold" ] && mapfile -t -O "${#failed[@]}" failed <"$work/untold"
  [ ${#failed[@]} -gt 0 ] && grep -v '^ready\|\.\.\.$' "$work/stack" | tail -50
fi

if [ ${#failed[@]} -gt 0 ]; then
  echo "FAILED after $((SECONDS - started)) s: ${failed[*]}"
  exit 1
fi
echo "all checks passed in $((SECONDS - started)) s"
