"""Databases asked in their own language: PostgreSQL and DuckDB in SQL, Kuzu in Cypher on the layered graph.

SQL expresses the whole question, five best over distinct introducers included: from the target backwards two legs, from
the asker forwards two, joined where they meet. `recursive` is what one would write first; it
walks every path, so it is asked for at most two introducers and stopped after TIMEOUT seconds.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.paths.asking import NONE, Answer, K
from benchmarks.paths.layers import GOAL, HOPS_GOAL, LAYERS, START, layered
from benchmarks.paths.network import Network

TIMEOUT = 60

# w: 8 * cost + 1; the asker is no introducer; no target is one. Each introducer is reached along a connection.
MEET = """
WITH mine AS MATERIALIZED (
  SELECT dst AS i, w FROM tie WHERE src = {asker} AND linked AND dst <> {target}),
last AS MATERIALIZED (
  SELECT src AS v, w, reach FROM tie WHERE dst = {target} AND reach >= 1 AND src <> {asker}),
two AS MATERIALIZED (
  SELECT v, min(w) AS w FROM (
    SELECT v, w FROM last WHERE reach >= 2
    UNION ALL
    SELECT tie.src, tie.w + last.w FROM last JOIN tie ON tie.dst = last.v AND tie.reach >= 2 AND tie.linked
    WHERE last.reach >= 3 AND tie.src <> {asker} AND tie.src <> {target}) AS x
  GROUP BY v)
SELECT min(w) AS w FROM (
  SELECT i, mine.w + last.w AS w FROM mine JOIN last ON last.v = mine.i
  UNION ALL
  SELECT i, mine.w + tie.w + two.w FROM mine
  JOIN tie ON tie.src = mine.i AND tie.reach >= 1 AND tie.linked
  JOIN two ON two.v = tie.dst) AS x
GROUP BY i ORDER BY 1 LIMIT {k}
"""

RECURSIVE = """
WITH RECURSIVE walk AS (
  SELECT dst AS v, linked, 1 AS legs, w, ARRAY[src, dst] AS met FROM tie WHERE src = {asker}
  UNION ALL
  SELECT tie.dst, tie.linked, legs + 1, walk.w + tie.w, met || tie.dst
  FROM walk JOIN tie ON tie.src = walk.v AND tie.reach >= legs
  WHERE legs < 3 AND walk.linked AND tie.dst <> ALL (met) AND walk.v <> {target})
SELECT min(w) FROM walk WHERE v = {target} AND legs >= 2
"""


def _columns(network: Network) -> dict[str, np.ndarray]:
    return {
        "src": network.owner,
        "dst": network.target[:],
        "w": 8 * network.cost[:].astype(np.int32) + 1,
        "reach": network.reach[:].astype(np.int16),
        "linked": network.linked,
    }


class Postgres:
    """The embedded PostgreSQL of the tests, given 256 MB of its own cache; two covering indexes."""

    def __init__(self, network: Network, folder: Path) -> None:
        import psycopg

        from netapp.embedded.postgres import THROWAWAY
        from netapp.embedded.postgres import Postgres as Server

        self.psycopg = psycopg
        options = (*THROWAWAY, "shared_buffers=256MB", "work_mem=256MB", "maintenance_work_mem=512MB", "jit=off")
        place = folder / type(self).__name__.lower()
        self.server = Server(place / "data", log=place / "log", options=options)
        self.server.start()
        self.server.wait_until_ready()
        self.connection = psycopg.connect(self.server.url, autocommit=True)
        run = self.connection.execute
        run("CREATE UNLOGGED TABLE tie (src int, dst int, w int, reach smallint, linked boolean)")
        columns = _columns(network)
        kinds = {"src": ">i4", "dst": ">i4", "w": ">i4", "reach": ">i2", "linked": "u1"}
        record = np.dtype([("fields", ">i2"), *(p for n, k in kinds.items() for p in ((f"{n}_length", ">i4"), (n, k)))])
        with self.connection.cursor().copy("COPY tie FROM STDIN (FORMAT binary)") as copy:
            copy.write(b"PGCOPY\n\xff\r\n\0" + bytes(8))
            for low in range(0, network.ties, 500_000):
                rows = np.empty(min(500_000, network.ties - low), record)
                rows["fields"] = len(kinds)
                for name, kind in kinds.items():
                    rows[f"{name}_length"] = np.dtype(kind).itemsize
                    rows[name] = columns[name][low : low + rows.size]
                copy.write(rows.tobytes())
            copy.write(b"\xff\xff")
        run("CREATE INDEX ON tie (src, reach) INCLUDE (dst, w, linked)")
        run("CREATE INDEX ON tie (dst, reach) INCLUDE (src, w, linked)")
        run("VACUUM ANALYZE tie")
        run("SET plan_cache_mode = force_custom_plan")
        run(f"SET statement_timeout = '{TIMEOUT}s'")
        size = run("SELECT pg_total_relation_size('tie')").fetchone()
        self.bytes_per_tie = size[0] / network.ties
        self.version = run("SHOW server_version").fetchone()[0].split()[0]

    def _ask(self, query: str, **values: int) -> list[Any]:
        try:
            return self.connection.execute(query.format(**values)).fetchall()
        except self.psycopg.errors.QueryCanceled as error:
            raise TimeoutError(f"no answer within {TIMEOUT} s") from error

    def five(self, asker: int, target: int) -> Answer:
        return [row[0] for row in self._ask(MEET, asker=asker, target=target, k=K)]

    def one(self, asker: int, target: int) -> Answer:
        return [row[0] for row in self._ask(MEET, asker=asker, target=target, k=1)] or [NONE]

    def close(self) -> None:
        self.connection.close()
        self.server.stop()


class Recursive(Postgres):
    """WITH RECURSIVE, as every tutorial has it; two introducers at most."""

    def two(self, asker: int, target: int) -> Answer:
        found = self._ask(RECURSIVE, asker=asker, target=target)[0][0]
        return [NONE if found is None else found]

    five = one = None  # type: ignore[assignment]


class Duckdb:
    """Two tables, sorted by owner and by target; as many threads as there are cores."""

    def __init__(self, network: Network, folder: Path) -> None:
        import duckdb

        file = folder / "duck.db"
        file.unlink(missing_ok=True)
        self.connection = duckdb.connect(str(file), config={"memory_limit": "6GB"})
        columns = _columns(network)
        self.connection.execute("CREATE TABLE tie AS SELECT * FROM columns ORDER BY src, reach")
        self.connection.execute("CREATE TABLE tie_back AS SELECT * FROM columns ORDER BY dst, reach")
        self.connection.execute("CHECKPOINT")
        self.bytes_per_tie = file.stat().st_size / network.ties
        self.version = duckdb.__version__
        back = MEET.replace("FROM tie WHERE dst =", "FROM tie_back AS tie WHERE dst =")
        self.query = back.replace("FROM last JOIN tie ON", "FROM last JOIN tie_back AS tie ON")
        del columns

    def five(self, asker: int, target: int) -> Answer:
        return [
            row[0] for row in self.connection.execute(self.query.format(asker=asker, target=target, k=K)).fetchall()
        ]

    def one(self, asker: int, target: int) -> Answer:
        rows = self.connection.execute(self.query.format(asker=asker, target=target, k=1)).fetchall()
        return [row[0] for row in rows] or [NONE]

    def close(self) -> None:
        self.connection.close()


class Kuzu:
    """An embedded graph database: its weighted shortest path on the layered graph."""

    def __init__(self, network: Network, folder: Path) -> None:
        import kuzu

        place = folder / "kuzu"
        shutil.rmtree(place, ignore_errors=True)
        place.unlink(missing_ok=True)
        graph = layered(network)
        arcs = {"tail": graph.tail, "head": graph.head, "w": graph.weight.astype(np.float64)}
        people = {"id": np.arange(graph.size)}
        for name, table in (("vertices", people), ("arcs", arcs)):
            _export(table, folder / f"{name}.parquet")
        self.database = kuzu.Database(str(place), buffer_pool_size=4 << 30)
        self.connection = kuzu.Connection(self.database)
        self.connection.set_query_timeout(TIMEOUT * 1000)
        run = self.connection.execute
        run("CREATE NODE TABLE V(id INT64, PRIMARY KEY(id))")
        run("CREATE REL TABLE A(FROM V TO V, w DOUBLE)")
        run(f"COPY V FROM '{folder / 'vertices.parquet'}'")
        run(f"COPY A FROM '{folder / 'arcs.parquet'}'")
        self.version = kuzu.__version__
        files = [place] if place.is_file() else [file for file in place.rglob("*") if file.is_file()]
        self.bytes_per_tie = sum(file.stat().st_size for file in files) / network.ties

    def one(self, asker: int, target: int) -> Answer:
        values = {"a": LAYERS * asker + START, "b": LAYERS * target + GOAL}
        query = "MATCH (a:V {id: $a})-[e:A* WSHORTEST(w) 1..5]->(b:V {id: $b}) RETURN cost(e)"
        try:
            found = self.connection.execute(query, values)
        except RuntimeError as error:
            if "nterrupted" in str(error):
                raise TimeoutError(f"no answer within {TIMEOUT} s") from error
            raise
        return [int(found.get_next()[0]) - HOPS_GOAL] if found.has_next() else [NONE]

    def close(self) -> None:
        self.connection.close()
        self.database.close()


def _export(rows: dict[str, np.ndarray], file: Path) -> None:
    import duckdb

    duckdb.sql(f"COPY (SELECT * FROM rows) TO '{file}' (FORMAT parquet)")


DATABASES: dict[str, Callable[[Network, Path], Any]] = {
    "postgresql": Postgres,
    "postgresql recursive": Recursive,
    "duckdb": Duckdb,
    "kuzu": Kuzu,
}
