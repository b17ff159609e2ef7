"""Building connectivity: random draws in blocks, transposition by compiled kernels, in as many threads as are wanted.

What is built never depends on the number of threads: a block of rows has a random stream of its own.
"""
