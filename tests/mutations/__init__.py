"""What the mutation gate takes away."""
