"""The compiler: a network description in, a Program out."""
