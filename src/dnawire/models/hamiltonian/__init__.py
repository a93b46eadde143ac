"""The model ``hamiltonian``: graph -> tight-binding Hamiltonian -> quantum transport."""
