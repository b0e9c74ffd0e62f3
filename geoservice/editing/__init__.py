"""Records changed by hand: read, checked by the rules of the loader, changed, restored; and what is doubtful in them."""
