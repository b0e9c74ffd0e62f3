"""Scenarios as files: a workbook, a GeoPackage, a map in one file, a printable page; alone or two side by side."""

from geoservice.publish.scenarios.content import Content, Plan, read_content
from geoservice.publish.scenarios.making import FORMS, Form, Made, make

__all__ = ["FORMS", "Content", "Form", "Made", "Plan", "make", "read_content"]
