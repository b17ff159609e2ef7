"""Many runs: of copies of a network (`parallel_run`), and over points of a parameter space (`sweep`)."""
