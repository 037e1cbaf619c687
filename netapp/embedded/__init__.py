"""The whole product on one machine: embedded PostgreSQL and Redis, a local mail sink, web, worker and beat.

`python -m netapp.embedded` is what `make run` starts. The tests take their throwaway PostgreSQL and Redis from the
same classes. Nothing here is used in production: see docker-compose.yml for that.

    process.py     one child process that never outlives the runner
    postgres.py    the embedded PostgreSQL              valkey.py  the embedded Redis (Valkey)
    folder.py      the data folder: its lock, its secret key, the environment of what runs on it
    ports.py       the site's port, and who holds a taken one
    supervisor.py  prefixes the output of all, restarts what ended, stops them in order
    runner.py      which processes there are, and the order of a start
    __main__.py    the commands `run` and `manage`
"""
