"""Nothing: the code generator of nnc is `nnc.compiler`. Imports of the module go on working."""
