# A small, non-root image without torch: the built-in model needs none. For transformer models build it with
# `--build-arg EXTRAS=transformers`. README.md says how to run it and where the first key lies.
FROM python:3.11-slim-bookworm

ENV PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 \
    SIMILAR_CASES_DATA_DIR=/data SIMILAR_CASES_HOST=0.0.0.0
ARG EXTRAS=""
WORKDIR /app
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY retriever retriever
COPY index index
RUN pip install -c constraints.txt ".${EXTRAS:+[$EXTRAS]}" \
    && useradd --system --uid 10001 --create-home app \
    && install -d -o app -g app /data
USER app
# Compiles what is compiled, so that no start waits for it.
RUN python -c 'import index.words.merge_loops, retriever.embedding.alignment.aligner as a; a.load_compiled()'
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/readyz', timeout=2)"]
# Other machines may ask a container, so it never answers without keys: the first one is made where none is.
CMD ["similar-cases", "serve", "--first-key", "/data/first-key"]
