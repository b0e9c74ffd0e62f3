"""Reports of a coverage run: a printable page, a map in one file, a workbook."""

from geoservice.publish.reports.content import Content, read_content
from geoservice.publish.reports.making import Form, Made, make

__all__ = ["Content", "Form", "Made", "make", "read_content"]
