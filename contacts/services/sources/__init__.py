"""Sources: address books and mailboxes elsewhere that keep a book fresh.

`connecting` is what the member says; `claims` says which worker may speak to a source now; `shifts` does it: `checking`
finds what is there, `books` reads address books and `mails` mailboxes, `leaving` follows cards that are gone, `sending`
writes back, as `merging` decides. What is read goes the way of every import (`services.imports.feeding`), so that the
member gets the same report and can take it back.
"""
