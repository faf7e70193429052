"""The tables of the booking site: people, slots of one dose, and bookings of both doses."""

from __future__ import annotations

from django.db import models


class Person(models.Model):
    """Somebody who may book."""

    ticket_number = models.CharField(max_length=10, unique=True)
    birth_date = models.DateField()


class Slot(models.Model):
    """A time for one dose. The pair's second dose is in the slot of the same number."""

    number = models.IntegerField()
    dose = models.SmallIntegerField()
    starts_at = models.DateTimeField()
    capacity = models.IntegerField()
    taken = models.IntegerField(default=0)

    class Meta:
        """A pair is found by its number."""

        constraints = (models.UniqueConstraint(fields=["number", "dose"], name="slot_of_dose"),)


class Booking(models.Model):
    """Both doses of a person, who has one booking at most."""

    person = models.OneToOneField(Person, on_delete=models.PROTECT)
    first_slot = models.ForeignKey(Slot, on_delete=models.PROTECT, related_name="+")
    second_slot = models.ForeignKey(Slot, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=100)
    phone = models.CharField(max_length=20)
    email = models.EmailField()
    booked_at = models.DateTimeField(auto_now_add=True)
