"""What is doubtful in the records: declared checks, their findings, and where each is to be mended."""
