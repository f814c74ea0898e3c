#!/usr/bin/env bash
# A small model from nothing, on one domain's easy tasks: what it solves of held-out databases before training, after supervised
# training, and after reinforcement learning. Stopped at any point, the same command goes on.
set -euo pipefail
out=${1:?the folder for the build, the models and the reports}
recipes=$(dirname "$0")/recipes
toolscale=${BIN:-.venv/bin}/toolscale
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-$(nproc)} HF_HUB_OFFLINE=1

evaluate() { # NAME MODEL [--beside FOLDER ...]
  test -f "$out/$1/figures.json" ||
    "$toolscale" train evaluate --config "$recipes/small-evaluate.yaml" --build "$out/build" --model "$2" --out "$out/$1" \
      --set "name=$1" "${@:3}"
}

test -f "$out/build/manifest.json" ||
  "$toolscale" build --domains "$(dirname "$0")/../toolscale/domain/scaffold/library" --tasks 5000 --tasks-per-database 100 \
    --seed 12 --out "$out/build" --resume
test -f "$out/tiny/config.json" ||
  "$toolscale" train tiny --config "$recipes/small-tiny.yaml" --build "$out/build" --out "$out/tiny"
evaluate untrained "$out/tiny"
"$toolscale" train sft --config "$recipes/small-sft.yaml" --build "$out/build" --model "$out/tiny" --out "$out/sft"
evaluate supervised "$out/sft" --beside "$out/untrained"
"$toolscale" train rl --config "$recipes/small-rl.yaml" --build "$out/build" --model "$out/sft" --out "$out/rl"
evaluate reinforced "$out/rl" --beside "$out/untrained" --beside "$out/supervised"
sed -n '/^## Models/,/^## /p' "$out/reinforced/report.md" | grep '|'
