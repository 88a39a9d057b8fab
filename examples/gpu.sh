#!/bin/bash
# What is to be known of a GPU, in less than 12 minutes: does it agree with the processor, how fast are the parts, how long
# would the Humanoid take? Run it in a checkout, on a machine with an NVIDIA GPU:
#
#   bash examples/gpu.sh [FOLDER_OF_WHEELS]
#
# FOLDER_OF_WHEELS holds the wheels of scripts/setup/wheels.mjs, for a machine that reaches no package index.
set -e
end=$((SECONDS + 660))
if [ -n "$1" ]; then export PIP_NO_INDEX=1 PIP_FIND_LINKS="$1"; fi
out=$(mktemp -d)
lab() { node bin/dmo-lab.mjs "$@"; }
last() { node -e '
  const [head, ...rows] = require("fs").readFileSync(process.argv[1], "utf8").trim().split("\n").map((line) => line.split(","));
  console.log(rows.map((row) => row[head.indexOf(process.argv[2])]).join(" "));' "$1/metrics.csv" "$2"; }

echo "== set-up"
npm run --silent setup -- --gpu
npm run --silent doctor || true

echo "== an epoch on the processor and on the GPU: losses should agree to 5 digits"
epoch="train --task hopper --algorithm dmo --seed 1 --epochs 1 --set evaluationEpisodes=2 --quiet"
CUDA_VISIBLE_DEVICES= lab $epoch --out "$out/cpu"
lab $epoch --out "$out/gpu"
echo "model_loss: $(last "$out/cpu" model_loss) and $(last "$out/gpu" model_loss)"
node -e '
  const [a, b] = process.argv.slice(1).map(Number);
  const off = Math.abs(a - b) / Math.abs(a);
  console.log(`relative difference ${off.toExponential(1)}: ${off < 1e-4 ? "they agree" : "THEY DO NOT AGREE"}`);
' "$(last "$out/cpu" model_loss)" "$(last "$out/gpu" model_loss)"

echo "== speed: on the processor, then on the GPU"
CUDA_VISIBLE_DEVICES= timeout 90 npm run --silent bench -- update/ || true
timeout 90 npm run --silent bench -- update/ || true

echo "== official Humanoid until the time is up"
timeout --signal=TERM $((end - SECONDS)) node bin/dmo-lab.mjs train --task humanoid --algorithm dmo --seed 1 --out "$out/humanoid" --quiet || true
node -e '
  const walls = process.argv[1].split(" ").map(Number);
  const { epochs } = JSON.parse(require("fs").readFileSync(process.argv[2], "utf8"));
  if (walls.length < 2) return console.log("not two epochs in the time");
  const mean = (walls.at(-1) - walls[0]) / (walls.length - 1);
  console.log(`${walls.length} epochs; after the first ${mean.toFixed(1)} s each: ${((epochs * mean) / 3600).toFixed(1)} hours for ${epochs}`);
' "$(last "$out/humanoid" wall_seconds)" "$out/humanoid/config.json"
