"""A site that takes answers the way the assessment does, for trying the visitors of `submits` on something small.

`/assessment/` starts one and leads to `/assessment/<id>/<area>/`, whose radio buttons are named by question.
"""

import uuid

from django.db import connection, transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.middleware.csrf import get_token
from django.urls import include, path

AREAS = ["people", "process", "tools"]
QUESTIONS = ["first", "second"]


def create():
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE standin (place TEXT, question TEXT, answer TEXT, UNIQUE (place, question))")


def start(request):
    if request.method == "POST":
        return HttpResponseRedirect(f"/assessment/{uuid.uuid4()}/{AREAS[0]}/")
    return HttpResponse(form(request, ""))


def area(request, key, name):
    place = f"{key}/{name}"
    if request.method == "POST":
        with transaction.atomic(), connection.cursor() as cursor:
            for question in QUESTIONS:
                cursor.execute(
                    "INSERT INTO standin VALUES (%s, %s, %s) "
                    "ON CONFLICT (place, question) DO UPDATE SET answer = EXCLUDED.answer",
                    [place, question, request.POST[question]],
                )
        return HttpResponseRedirect(f"/assessment/{key}/{AREAS[(AREAS.index(name) + 1) % len(AREAS)]}/")
    with connection.cursor() as cursor:
        cursor.execute("SELECT question, answer FROM standin WHERE place = %s", [place])
        given = dict(cursor.fetchall())
    buttons = [
        f'<input type="radio" name="{question}" value="{value}"{" checked" * (given.get(question) == value)}>'
        for question in QUESTIONS
        for value in "12345"
    ]
    return HttpResponse(form(request, "".join(buttons)))


def form(request, inputs):
    token = f'<input type="hidden" name="csrfmiddlewaretoken" value="{get_token(request)}">'
    return f'<form method="post">{token}{inputs}</form>'


urlpatterns = [
    path("assessment/", start),
    path("assessment/<uuid:key>/<slug:name>/", area),
    path("", include("directory.urls")),
]
