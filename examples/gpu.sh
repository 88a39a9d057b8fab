#!/bin/bash
# What is to be known of a GPU, in less than 12 minutes: does it agree with the processor, how fast are the parts, what do
# runs that share it cost each other, how long would the Humanoid take? Run it in a checkout, on a machine with an NVIDIA GPU:
#
#   bash examples/gpu.sh [FOLDER_OF_WHEELS]
#
# FOLDER_OF_WHEELS holds the wheels of scripts/setup/wheels.mjs, for a machine that reaches no package index. Where 2.4 GB take
# long to download, run "npm run setup -- --gpu" before.
set -e
end=$((SECONDS + 660))
if [ -n "$1" ]; then export PIP_NO_INDEX=1 PIP_FIND_LINKS="$1"; fi
out=$(mktemp -d)

# within SECONDS COMMAND...: runs it for so long at most, and not beyond the whole's end; it ends as Ctrl-C ends it.
within() {
  local limit=$1 rest=$((end - SECONDS))
  shift
  if [ $rest -lt 10 ]; then echo "no time left for: $*"; return 0; fi
  timeout --signal=INT --kill-after=15 $((limit < rest ? limit : rest)) "$@" || echo "ended with exit code $?: $*"
}
lab() { within "$1" node bin/dmo-lab.mjs "${@:2}"; }

# loss FOLDER: model_loss of a run's first epoch.
loss() { node -e '
  const [head, first] = require("fs").readFileSync(process.argv[1], "utf8").split("\n").map((line) => line.split(","));
  console.log(first[head.indexOf("model_loss")]);' "$1/metrics.csv"; }
# pace FOLDER: what a run's epochs took after the first, and what all of them would take where it was stopped.
pace() { node -e '
  const read = (name) => require("fs").readFileSync(`${process.argv[1]}/${name}`, "utf8");
  const [head, ...rows] = read("metrics.csv").trim().split("\n").map((line) => line.split(","));
  const walls = rows.map((row) => Number(row[head.indexOf("wall_seconds")]));
  const mean = (walls.at(-1) - walls[0]) / (walls.length - 1);
  const { epochs } = JSON.parse(read("config.json"));
  const whole = epochs > walls.length ? `: ${((epochs * mean) / 3600).toFixed(2)} hours for ${epochs}` : "";
  console.log(`${walls.length} epochs; after the first ${mean.toFixed(2)} s each${whole}`);
' "$1" 2>/dev/null || echo "there is no run in $1"; }

echo "== set-up"
npm run --silent setup -- --gpu
npm run --silent doctor || true

echo "== an epoch on the processor and on the GPU: losses should agree to 5 digits"
epoch="train --task hopper --algorithm dmo --seed 1 --epochs 1 --set evaluationEpisodes=2 --quiet"
CUDA_VISIBLE_DEVICES="" lab 120 $epoch --out "$out/cpu"
lab 240 $epoch --out "$out/gpu"
node -e '
  const [a, b] = process.argv.slice(1).map(Number);
  const off = Math.abs(a - b) / Math.abs(a);
  console.log(`model_loss ${a} and ${b}, relative difference ${off.toExponential(1)}: ${off < 1e-4 ? "they agree" : "THEY DO NOT AGREE"}`);
' "$(loss "$out/cpu")" "$(loss "$out/gpu")"

echo "== speed: without the GPU, then with it (and there, with all of an epoch on either)"
CUDA_VISIBLE_DEVICES="" lab 60 bench matmul update/hopper update/ant epoch/hopper epoch/ant
lab 120 bench matmul update/hopper update/ant update/humanoid epoch/hopper epoch/ant

echo "== runs that share the GPU: what an epoch of Ant takes, and the memory that is used"
for runs in 1 4; do
  nvidia-smi --query-gpu=memory.used --format=csv,noheader,nounits --loop=1 >"$out/memory$runs" &
  watch=$!
  lab 90 train --task ant --algorithm dmo --seeds $runs --jobs $runs --epochs 12 --set evaluationEpisodes=2 --out "$out/ant$runs"
  kill $watch || true
  echo "$runs at a time, the first of them: $(pace "$out/ant$runs-seed1")"
  echo "memory: $(sort -n "$out/memory$runs" | tail -n 1) MiB at most"
done

echo "== official Humanoid until the time is up"
lab 660 train --task humanoid --algorithm dmo --seed 1 --out "$out/humanoid" --quiet
pace "$out/humanoid"
