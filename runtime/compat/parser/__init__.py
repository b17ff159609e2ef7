"""Nothing: the parser of nnc is `nnc.compiler.frontend`. Imports of the module go on working."""
