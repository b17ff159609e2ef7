"""The llvm target."""
