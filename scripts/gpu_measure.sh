#!/usr/bin/env bash
# Every measurement of the project that waits for a GPU, as one command: under ten minutes on one current GPU.
#
#   scripts/gpu_measure.sh                 results into results/gpu/
#   scripts/gpu_measure.sh --dry           the same steps, tiny and on whatever is there: does it run?
#
# RAW says where the public corpora lie (default data/raw); without them the release recipe is left out.
set -euo pipefail
cd "$(dirname "$0")/.."
export HF_HUB_OFFLINE=1
RAW=${RAW:-data/raw}
OUT=${OUT:-results/gpu}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if [[ ${1:-} == --dry ]]; then
    OUT=$work/results
    bench=(--model tiny --steps 2 --batch-size 8)
    tiny=(--set model.init=random-tiny --set training.epochs=1 --set training.windows_per_epoch=16
          --set 'data.shares=[0.05,0.02,0.03,0.9]' --set windows.max_tokens=64 --set windows.stride=48
          --set windows.monitor_step=32)
else
    python -c 'import sys, torch; sys.exit(not torch.cuda.is_available() and "no GPU found; try --dry")'
    bench=()
    tiny=()
fi
mkdir -p "$OUT"
command -v nvidia-smi >/dev/null && nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv > "$OUT/gpu.csv"

# One step that fails must not lose the others.
failed=()
measure() {
    local name=$1
    shift
    echo "== $name"
    if ! timeout 280 "$@" > "$OUT/$name.log" 2>&1; then
        failed+=("$name")
        tail -n 5 "$OUT/$name.log"
    fi
}

# Training speed: at least 2.5 times the stock bf16 script; at least 40 % of the bf16 peak for the base-sized model.
if [[ ${#bench[@]} -gt 0 ]]; then
    measure bench_training python scripts/bench_training.py "${bench[@]}" --out "$OUT/training_speed.json"
else
    measure bench_minilm python scripts/bench_training.py --model minilm --out "$OUT/training_speed.json"
    measure bench_modernbert python scripts/bench_training.py --model modernbert-base --steps 40 \
        --out "$OUT/training_speed.json"
    measure bench_modernbert_compiled python scripts/bench_training.py --model modernbert-base --steps 40 \
        --ways ours --compile --out "$OUT/training_speed_compiled.json"
fi

# The whole recipe, timed: the release recipe where the corpora are, else the demonstration.
recipe=configs/demo.yaml
if [[ ${#tiny[@]} -eq 0 && -d $RAW ]]; then
    recipe=configs/minilm.yaml
    [[ -f configs/release.yaml ]] && recipe=configs/release.yaml
fi
began=$SECONDS
measure train accelerate launch --config_file configs/accelerate/one_gpu.yaml train/train.py \
    --config "$recipe" --raw "$RAW" --run "$work/run" "${tiny[@]}"
echo "{\"recipe\": \"$recipe\", \"seconds\": $((SECONDS - began))}" > "$OUT/train_seconds.json"
for part in metrics.json device.json provenance.json loss.svg; do
    [[ -f $work/run/$part ]] && cp "$work/run/$part" "$OUT/train_$part"
done

# Scoring against transformers.pipeline in bf16 at its best batch size: at least ten times.
if [[ -d $work/run/model ]]; then
    bf16=()
    python -c 'import sys; from scamclf.runtimes.openvino import has_bf16; sys.exit(not has_bf16())' 2>/dev/null &&
        bf16=(--precision bf16)
    measure export scamclf export "$work/run" "$work/bundle" "${bf16[@]}"
    if [[ ${#tiny[@]} -gt 0 ]]; then
        scoring=(--calls 30 --slow-calls 10 --rounds 1)
    else
        scoring=(--device cuda --calls 20000 --slow-calls 1000)
    fi
    measure bench_scoring python scripts/bench_scoring.py --bundle "$work/bundle" "${scoring[@]}" \
        --out "$OUT/scoring_speed.json"
fi

ls -l "$OUT"
if [[ ${#failed[@]} -gt 0 ]]; then
    echo "failed: ${failed[*]}; see the logs in $OUT" >&2
    exit 1
fi
