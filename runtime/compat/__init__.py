"""`nnc.compat.install()` lets scripts that import ANNarchy run as they are.

The folders beside this file are the import paths of ANNarchy's own packages: `nnc.core`, `nnc.intern`, `nnc.models`,
`nnc.inputs`, `nnc.cython_ext`, and `nnc.generator` and `nnc.parser`, which are empty.
"""

from nnc.compat.install import install, uninstall

__all__ = ["install", "uninstall"]
