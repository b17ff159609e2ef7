"""The openmp target."""
