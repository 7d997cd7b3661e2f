"""Proof that the checks see: broken rules of the base test, bugs planted in RTL and in models. Run by pytest on the host."""
