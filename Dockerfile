# One image for the nine services and for the `stellr` commands: `serve NAME`, `migrate`, `envoy`.
# PostgreSQL, Redis and Envoy are images of their own.

FROM python:3.11-slim-bookworm AS python
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_ROOT_USER_ACTION=ignore \
    PATH=/opt/stellr/bin:$PATH

# What of the lock services import, and what a build takes beside.
FROM python AS locks
WORKDIR /app
COPY requirements.lock pyproject.toml ./
COPY edge/deploying/requirements.py edge/deploying/
RUN mkdir /locks \
    && python edge/deploying/requirements.py runtime > /locks/runtime.lock \
    && python edge/deploying/requirements.py build > /locks/build.lock

FROM python AS packages
COPY --from=locks /locks/runtime.lock /locks/
RUN python -m venv --without-pip /opt/stellr \
    && pip --python /opt/stellr/bin/python install --quiet --no-deps --require-hashes -r /locks/runtime.lock

# The project as a wheel, with the stubs and documents that are made of its contracts.
FROM packages AS wheel
COPY --from=locks /locks/build.lock /locks/
RUN pip --python /opt/stellr/bin/python install --quiet --no-deps --require-hashes -r /locks/build.lock
WORKDIR /app
COPY . .
RUN pip --python /opt/stellr/bin/python wheel --quiet --no-deps --no-build-isolation --wheel-dir /wheels .

FROM python
# Folders that volumes are mounted at, which take their owner from here.
RUN groupadd --gid 10001 stellr \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin stellr \
    && install -d -o stellr -g stellr -m 0750 /run/stellr /run/envoy /var/lib/stellr \
        /var/lib/stellr/outbox /var/lib/stellr/media /var/lib/stellr/imports /var/lib/stellr/exports
COPY --from=packages /opt/stellr /opt/stellr
RUN --mount=type=bind,from=wheel,source=/wheels,target=/wheels \
    pip --python /opt/stellr/bin/python install --quiet --no-deps --no-index /wheels/*.whl
COPY edge/deploying/healthy.py /opt/stellr/
ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOME=/tmp \
    STELLR_LISTEN=0.0.0.0:50051 \
    STELLR_HEALTH_LISTEN=127.0.0.1:50060 \
    STELLR_STATE=/var/lib/stellr
USER 10001:10001
WORKDIR /tmp
EXPOSE 50051 50052 50053
# A service that is told to stop goes on until it was noticed, then finishes what is under way.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=3s --start-period=120s --start-interval=1s \
    CMD ["python", "-I", "-S", "/opt/stellr/healthy.py"]
ENTRYPOINT ["stellr"]
CMD ["--help"]
