#!/bin/bash
# A training run that outlives time limits, preemption and failing nodes. Activate the environment, then submit
# once, from the root of the repository; further flags of `python main.py` may follow the name of the script:
#
#     sbatch examples/slurm_train.sh --model_type hamiltonian
#
# The run stops before the time limit, sends the job back into the queue, and goes on until it is complete.
# See docs/slurm.md; `dnawire doctor` tells what a run will meet on your site.
#
#SBATCH --job-name=dnawire
#SBATCH --time=24:00:00
#SBATCH --cpus-per-task=1
#SBATCH --mem=8G
#SBATCH --output=%x-%j.log
#SBATCH --open-mode=append
#SBATCH --requeue

# exec: Python takes the place of the shell, so that no signal stops there.
exec python main.py \
    --num_epochs 1000 \
    --checkpoint_dir ./checkpoints \
    --checkpoint_frequency 10 \
    --output_dir ./outputs \
    "$@"
