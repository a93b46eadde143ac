#!/bin/bash
# A training run that outlives time limits, preemption and failing nodes. Activate the environment, then submit
# from the root of the repository; further flags of `python main.py` may follow the name of the script:
#
#     sbatch examples/slurm_train.sh --model_type hamiltonian
#
# Submit it as often as the work may need: jobs of one name wait for each other, each goes on where the one before
# stopped, and those that come after the end find the run complete. See docs/checkpoints.md.
#
#SBATCH --job-name=dnawire
#SBATCH --time=24:00:00
#SBATCH --cpus-per-task=1
#SBATCH --mem=8G
#SBATCH --output=%x.log
#SBATCH --open-mode=append
#SBATCH --requeue
#SBATCH --dependency=singleton
#SBATCH --signal=B:USR1@120

# exec: the warning goes to the shell of the job, whose place Python takes.
exec python main.py \
    --num_epochs 1000 \
    --checkpoint_dir ./checkpoints \
    --checkpoint_frequency 10 \
    --output_dir ./outputs \
    "$@"
