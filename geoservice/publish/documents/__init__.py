"""Papers of a naming case as files: HTML that prints on A4, and DOCX."""
