"""The ground floor: the only writer of whole files, and tolerant readers."""
