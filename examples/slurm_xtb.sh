#!/bin/bash
# Records computed from atoms, by the jobs of an array: each takes its share of the duplexes, and whatever is killed
# goes on when the array is submitted again. Activate the environment, then submit from the root of the repository:
#
#     sbatch examples/slurm_xtb.sh --coverage 3 --at_least 120
#
# When all jobs have ended, the same flags without SLURM merge what they computed:
#
#     dnawire generate xtb xtb.h5 --coverage 3 --at_least 120
#
#SBATCH --job-name=dnawire-xtb
#SBATCH --array=0-39
#SBATCH --time=08:00:00
#SBATCH --cpus-per-task=1
#SBATCH --mem=4G
#SBATCH --output=%x-%A-%a.log
#SBATCH --open-mode=append
#SBATCH --requeue

exec dnawire generate xtb xtb.h5 --workers 1 \
    --shard "$SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT" \
    "$@"
