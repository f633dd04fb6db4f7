"""Question and case piece by piece, over the vectors of the built-in model: how well they fit, and which words."""
