"""Records of charge transport from all atoms: which duplexes, in shards, at which level."""
