"""Several processes that train as one: process group, division of batches, stops in step."""
