"""Brushes, papers and scenes that ``make_paintings.py`` puts together."""
