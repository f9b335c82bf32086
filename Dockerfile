FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /app
RUN useradd --system --uid 10001 bonusdesk && install --directory --owner bonusdesk /data /app/var

COPY requirements.txt .
RUN pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.txt

COPY . .
# Nothing here depends on the settings that production is given, so any that pass will do.
RUN DJANGO_DEBUG=0 DJANGO_SECRET_KEY=for-the-build-only DJANGO_ALLOWED_HOSTS=build \
    DJANGO_CSRF_TRUSTED_ORIGINS=https://build BONUSDESK_FIELD_KEYS=YnVpbGQtb25seS1idWlsZC1vbmx5LWJ1aWxkLW9ubHk= \
    python manage.py collectstatic --no-input

USER bonusdesk
EXPOSE 8000
CMD ["gunicorn", "--bind", "0.0.0.0:8000", "--workers", "4", "--threads", "4", "--no-control-socket", "bonusdesk.wsgi"]
