# A small, non-root image: `docker build -t similar-cases .`, then `docker run -p 8000:8000 -v library:/data similar-cases`.
FROM python:3.11-slim-bookworm

ENV PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 \
    SIMILAR_CASES_DATA_DIR=/data SIMILAR_CASES_HOST=0.0.0.0
WORKDIR /app
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY retriever retriever
COPY index index
RUN pip install -c constraints.txt . \
    && useradd --system --uid 10001 --create-home app \
    && install -d -o app -g app /data
USER app
# Compiles what is compiled, so that no start waits for it.
RUN python -c 'import index.words.merge_loops, retriever.embedding.alignment.aligner as a; a.load_compiled()'
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/readyz', timeout=2)"]
CMD ["similar-cases", "serve"]
