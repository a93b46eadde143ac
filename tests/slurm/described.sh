#!/bin/bash
#SBATCH --job-name=dna_training
#SBATCH --time=24:00:00
#SBATCH --mem=32G

# Start/resume training
python main.py \
    --num_epochs 1000 \
    --checkpoint_dir ./checkpoints \
    --checkpoint_frequency 10 \
    --output_dir ./outputs
