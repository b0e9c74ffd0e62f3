"""python -m geoservice."""

from geoservice.cli import main

main()
