"""One router a resource: it parses, calls and renders."""
