"""Menus of stores: checked, published, put back."""
