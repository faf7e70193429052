"""The addresses of the booking site."""

from __future__ import annotations

from django.urls import path

from loadtests.peers.sites.booking import views

urlpatterns = [
    path("sign-in", views.sign_in),
    path("availability", views.availability),
    path("bookings", views.book),
    path("bookings/<str:request_id>", views.outcome),
    path("booking", views.own_booking),
]
