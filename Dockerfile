# One image for the nine services and for the `stellr` commands: `serve NAME`, `migrate`, `envoy`.
# PostgreSQL, Redis and Envoy are images of their own.

FROM python:3.11-slim-bookworm AS python
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    PATH=/opt/stellr/bin:$PATH

# What services import, by the hashes of the lock.
FROM python AS packages
WORKDIR /app
COPY requirements.lock pyproject.toml ./
COPY edge/deploying/requirements.py edge/deploying/
RUN python -m venv --without-pip /opt/stellr \
    && python edge/deploying/requirements.py runtime > /tmp/runtime.lock \
    && /usr/local/bin/pip --python /opt/stellr/bin/python install --quiet --no-deps --require-hashes -r /tmp/runtime.lock

# Stubs, descriptors and the documentation, made from the contracts.
FROM packages AS contracts
RUN python edge/deploying/requirements.py build > /tmp/build.lock \
    && /usr/local/bin/pip --python /opt/stellr/bin/python install --quiet --no-deps --require-hashes -r /tmp/build.lock
COPY . .
RUN python -m edge.contracts && python -m compileall -q edge services protos/gen

FROM python
# Folders that volumes are mounted at, which take their owner from here.
RUN groupadd --gid 10001 stellr \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin stellr \
    && install -d -o stellr -g stellr -m 0750 /run/stellr /run/envoy /var/lib/stellr \
        /var/lib/stellr/outbox /var/lib/stellr/media /var/lib/stellr/imports /var/lib/stellr/exports
WORKDIR /app
COPY --from=packages /opt/stellr /opt/stellr
COPY --from=contracts /app/envoy.yaml ./
COPY --from=contracts /app/services services
COPY --from=contracts /app/protos/gen protos/gen
COPY --from=contracts /app/edge edge
RUN printf '#!/opt/stellr/bin/python\nfrom edge.cli.main import main\n\nmain()\n' > /opt/stellr/bin/stellr \
    && chmod 0755 /opt/stellr/bin/stellr
ENV PYTHONPATH=/app:/app/protos/gen \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOME=/tmp \
    STELLR_LISTEN=0.0.0.0:50051 \
    STELLR_HEALTH_LISTEN=127.0.0.1:50060 \
    STELLR_STATE=/var/lib/stellr
USER 10001:10001
EXPOSE 50051 50052 50053
# A service that is told to stop goes on until it was noticed, then finishes what is under way.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=3s --start-period=60s --start-interval=1s \
    CMD ["python", "-I", "-S", "/app/edge/deploying/healthy.py"]
ENTRYPOINT ["stellr"]
CMD ["--help"]
