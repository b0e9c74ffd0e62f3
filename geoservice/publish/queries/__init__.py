"""One file a query; each gives out only what is public and published."""
