"""Extensions, one module or package each: `from nnc.extensions.NAME import ...`.

The package is called `nnc.extensions`, where scripts import it from; `nnc.runtime.extensions` would be a second copy.
"""
