#!/bin/bash
# Train with the settings of one row of a table; the same command resumes. The first row holds flags of `dnawire train`,
# each further one a run, with model_name as its name; flags that all runs share follow the number of the row:
#
#     examples/sweep/train_row.sh examples/sweep/settings.csv 1 --num_epochs 200 --output_dir outputs/sweep
#
# Side by side on the cores of one machine, two at a time:
#
#     seq 4 | xargs -I ROW -P 2 examples/sweep/train_row.sh examples/sweep/settings.csv ROW --output_dir outputs/sweep
#
# As a SLURM array, one member for each row: examples/sweep/slurm_sweep.sh. One table at the end:
#
#     dnawire runs outputs/sweep/*
set -euo pipefail
table=$1 row=$2
shift 2

mapfile -t flags < <(tr -d '\r' < "$table" | awk -F, -v row="$row" '
    NR == 1 { for (i = 1; i <= NF; i++) name[i] = $i }
    NR == row + 1 { for (i = 1; i <= NF; i++) if ($i != "") print "--" name[i] "=" $i }')
name=$(printf '%s\n' "${flags[@]:-}" | sed -n 's/^--model_name=//p')
if [[ -z $name ]]; then
    echo "$table has no row $row with a model_name" >&2
    exit 64
fi

# exec: Python takes the place of the shell, so that no signal stops there.
exec dnawire train "${flags[@]}" --checkpoint_dir "checkpoints/sweep/$name" "$@"
