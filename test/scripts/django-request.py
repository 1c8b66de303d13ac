# What Django makes of a request, with the settings that docs/cookbook.md names.
import os
from wsgiref.simple_server import make_server

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import path


def tell(request):
    return HttpResponse(f"{request.scheme}://{request.get_host()}")


settings.configure(
    ALLOWED_HOSTS=["shop.example.com"],
    SECURE_PROXY_SSL_HEADER=("HTTP_X_FORWARDED_PROTO", "https"),
    SECRET_KEY="for tests",
    ROOT_URLCONF=__name__,
)
urlpatterns = [path("", tell)]
make_server("127.0.0.1", int(os.environ["PORT"]), get_wsgi_application()).serve_forever()
