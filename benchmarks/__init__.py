"""How fast, against what: national volumes from the form catalogue, peers that do the same job, and what was measured. `python -m benchmarks`."""
