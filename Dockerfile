# One image for web, worker, beat and migrations; docker-compose.yml says what each of them runs.
FROM python:3.11-slim AS environment
COPY requirements/run.txt /tmp/run.txt
RUN python -m venv /opt/kith \
 && /opt/kith/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes --requirement /tmp/run.txt

FROM python:3.11-slim
ENV PATH=/opt/kith/bin:$PATH PYTHONUNBUFFERED=1 STATIC_ROOT=/srv/static HOME=/var/lib/kith \
    NUMBA_CACHE_DIR=/var/lib/kith/engine
RUN useradd --system --uid 10001 --home-dir /var/lib/kith --create-home kith
COPY --from=environment /opt/kith /opt/kith
WORKDIR /srv/kith
COPY . .
# The key is for this one command; the files do not depend on it.
RUN SECRET_KEY=collectstatic-only python manage.py collectstatic --no-input --verbosity 0 \
 && python -m compileall -q .
USER kith
# Path searches as machine code, so that a fresh worker finds them. A processor of another kind compiles its own.
RUN python -m contacts.graph.engines && mkdir /var/lib/kith/snapshots
EXPOSE 8000
CMD ["gunicorn", "netapp.wsgi:application", "--bind", "0.0.0.0:8000", "--worker-class", "gthread", \
     "--workers", "2", "--threads", "8", "--no-control-socket", "--worker-tmp-dir", "/dev/shm"]
