"""Other people's servers: address books over CardDAV and mailboxes over IMAP, spoken to with care.

Bytes in, bytes out; no database, no person. `addresses` says what may be connected to, `guard` is the only place that
opens a connection, `web` speaks HTTP through it and `imap` IMAP; `carddav` and `cards` know address books.
"""
