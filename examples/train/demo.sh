#!/usr/bin/env bash
# Trains a small network twice: once in peace, once killed half way with SIGKILL and started again. Both must end with
# the same bits.
# Usage: demo.sh BUILD_DIR      (holds the programs train and holdfast; everything is written below BUILD_DIR/demo)
set -euo pipefail

build=$(realpath "${1:?usage: demo.sh BUILD_DIR}")
data=$(realpath "$(dirname "$0")/data/sunspots.csv")
epochs=20000
rm -rf "$build/demo"
mkdir -p "$build/demo"
cd "$build/demo"

fail() {
    echo "FAILED: $1" >&2
    exit 1
}

# train STORE: the weights go to STORE.weights
train() {
    exec "$build/train" "$data" "$1" killed-or-not "$1.weights" "$epochs"
}

# show COMMAND…: prints a command as one would type it, and runs it
show() {
    printf '\n$ holdfast'
    printf ' %q' "$@"
    printf '\n'
    NO_COLOR=1 "$build/holdfast" "$@"
}

echo
echo "1. A network learns to foretell the sunspots of a year (1700 to 2008), without a disturbance:"
(train peaceful) | sed 's/^/   /'

echo
echo "2. The same in another store, killed with SIGKILL half way:"
coproc training { train disturbed; }
pid=$training_PID
while read -r line <&"${training[0]}"; do
    echo "   $line"
    if [[ $line == "saved epoch $((epochs / 2)) of "* ]]; then
        kill -KILL "$pid"
        break
    fi
done
status=0
{ wait "$pid" || status=$?; } 2>/dev/null
[[ $status == 137 ]] || fail "the program should have died of SIGKILL (status 137), but its status is $status"
echo "   killed: the process is gone, its store is not"
[[ ! -e disturbed.weights ]] || fail "the killed program should not have finished"

echo
echo "3. Started again, it goes on where it was:"
(train disturbed) | tee resumed.txt | sed 's/^/   /'
first=$(head -n 1 resumed.txt)
[[ $first =~ ^resumed\ at\ epoch\ ([0-9]+)$ ]] || fail "it should have resumed, but said: $first"
((BASH_REMATCH[1] >= epochs / 2)) || fail "it should have resumed at epoch $((epochs / 2)) or later"

echo
echo "4. The weights of both, bit for bit:"
sha256sum peaceful.weights disturbed.weights | sed 's/^/   /'
cmp peaceful.weights disturbed.weights || fail "the weights differ"
echo "   the same"

echo
echo "5. What the second store holds now:"
task=(--store disturbed --task sunspots/killed-or-not/train/0)
show "${task[@]}" list
newest=$("$build/holdfast" "${task[@]}" --json list --limit 1 | sed 's/.*"key": "\([^"]*\)".*/\1/')
show --store disturbed show "$newest"
show "${task[@]}" --quiet verify
