"""Transformer models: run by torch, or converted once and run without it. The home of torch and of its relatives."""
