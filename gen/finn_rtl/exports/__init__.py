"""Packaging for people outside FuseSoC."""
