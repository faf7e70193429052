# One image for every process of ours, from the hash-locked requirements; a second one for Locust.
#
# Both run as a user without rights, on a root that they cannot write. What a process keeps lies in
# volumes under /var/lib/seiriken; what it must not tell is given to it as files in /run/secrets.

ARG PYTHON_IMAGE=docker.io/library/python:3.11.15-slim-bookworm

FROM ${PYTHON_IMAGE} AS build
RUN python -m venv /opt/seiriken
WORKDIR /build
COPY requirements/run.txt requirements/
RUN /opt/seiriken/bin/pip install --no-cache-dir --require-hashes -r requirements/run.txt
COPY LICENSE README.md pyproject.toml ./
COPY allocator allocator
COPY gateway gateway
COPY monitoring monitoring
COPY seiriken seiriken
COPY waiting_room waiting_room
RUN /opt/seiriken/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM ${PYTHON_IMAGE} AS build-load
RUN python -m venv /opt/seiriken
COPY requirements/load.txt requirements/
RUN /opt/seiriken/bin/pip install --no-cache-dir --require-hashes -r requirements/load.txt

FROM ${PYTHON_IMAGE} AS bare
ENV PATH=/opt/seiriken/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
# A named volume begins as a copy of the folder it is mounted on: these belong to the user.
RUN groupadd --gid 10001 seiriken \
  && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin seiriken \
  && cd /var/lib && for folder in backups backup-work bulletin demo load room status; do \
    install -d -o seiriken -g seiriken -m 0755 "seiriken/$folder"; done
COPY deploy/container/healthy.py /opt/healthy.py
USER 10001:10001
WORKDIR /var/lib/seiriken

FROM bare AS load
COPY --from=build-load /opt/seiriken /opt/seiriken
COPY loadtests /opt/loadtests/loadtests
ENV PYTHONPATH=/opt/loadtests
ENTRYPOINT ["locust", "-f", "/opt/loadtests/loadtests/locustfile.py"]

FROM bare AS run
COPY --from=build /opt/seiriken /opt/seiriken
CMD ["seiriken", "--help"]
