"""The exceptions."""

from nnc.runtime.errors import ANNarchyException, CodeGeneratorException, InvalidConfiguration

__all__ = ["ANNarchyException", "CodeGeneratorException", "InvalidConfiguration"]
