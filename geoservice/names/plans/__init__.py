"""Whole plans of proposed names: read from a sheet, a map file or a drawing, checked at once, handed back marked."""
