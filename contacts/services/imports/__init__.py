"""Imports: a file is taken in, read, held against the book, shown, run, and may be taken back.

`uploading` stores the bytes and what the member says to the preview; `claims` says which worker may go on; `reading`,
`comparing`, `running` and `undoing` each do one batch in one transaction; `shifts` strings the batches together.
`matching` says who is who, `deciding` what of a record is news.
"""
