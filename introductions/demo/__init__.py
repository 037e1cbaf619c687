"""A small world to look at and to play with: Alice, her people, two friends of hers, and one stranger.

    cards.py       how people are written down      near.py further.py others.py   who they are
    crowd.py       people without a story           histories.py                   years of contact
    books.py       a member's whole book            acquainted.py                  who knows whom
    objectives.py  what is wanted                   asking.py notes.py story.py    what was asked for
    members.py     who can log in                   world.py                       all of it, in one transaction
    when.py        days before this morning         post.py                        letters that went out long ago

Every address is at a domain reserved for examples, and every telephone number in a range reserved for fiction.
"""
