"""Nothing: ANNarchy keeps lists of its models here; nnc has none. Imports of the module go on working."""
