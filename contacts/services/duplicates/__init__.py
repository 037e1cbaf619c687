"""Cards that are one human: proposed (`looking`), told apart (`telling`), merged (`merging`), parted (`unmerging`).

What hangs on a card is moved by rule (`rules`, `moving`), whatever app it belongs to; what changed is written down
(`journal`), so that all of it can be put back.
"""
