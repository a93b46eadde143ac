#!/bin/bash
# A table of settings as a SLURM array, one member for each row. Activate the environment, then submit from the root of
# the repository:
#
#     sbatch --array=1-4 examples/sweep/slurm_sweep.sh examples/sweep/settings.csv --output_dir outputs/sweep
#
# Each member stops before its time limit, comes back by itself, and goes on until its run is complete (docs/slurm.md).
#
#SBATCH --job-name=dnawire-sweep
#SBATCH --time=24:00:00
#SBATCH --cpus-per-task=1
#SBATCH --mem=8G
#SBATCH --output=%x-%A_%a.log
#SBATCH --open-mode=append
#SBATCH --requeue
exec examples/sweep/train_row.sh "$1" "$SLURM_ARRAY_TASK_ID" "${@:2}"
