"""Residents who come to a release, each a Locust user: they sign in, wait, book, or go home.

To add another kind of person, derive from `Resident`, give it a `weight`, and say in
`wait_for_turn` how they wait, or in `visit` what they do altogether; whoever has come to
an end is counted by the ending that `visit` returns.

Rule 1: what the city promises is checked on the way: one place on two devices, the place that
the published draw gives, one answer to a double click, "booked" only with a number.
Rule 2: a fault that passes (503, a lost connection) is met as a patient resident meets it:
the same again, under the same request id.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from http import HTTPStatus
from random import Random

import gevent
from gevent.event import Event
from locust import FastHttpUser, task

from loadtests import pages
from loadtests.browsing import ANSWER_S_MAX, FAULT_WAIT_S_MAX, KEPT_OPEN_S, Browser, Page, name_of
from loadtests.city import Resident as Person
from loadtests.draw import drawn_place
from loadtests.endings import Ending
from loadtests.habits import Character, Habit, Thought, character_of, liked, nature_of, thinks_s
from loadtests.run import Ended, Run, WentWrong

SIGN_INS_MAX = 5
TRIES_MAX = 8
"""Wishes that one resident makes when what they wished for has just gone."""

JITTER = 0.5
TURN_PATHS = ("/details", "/choose", "/check")


class Resident(FastHttpUser):
    """One person of the roster, with one browser and a way through the release."""

    abstract = True
    network_timeout = ANSWER_S_MAX
    connection_timeout = ANSWER_S_MAX

    chance: Random
    character: Character
    surge: Run
    who: Person
    browser: Browser
    sign_ins = 0
    came_at_s = 0.0
    inside_since_s = 0.0
    told_likely = False

    @task
    def live(self) -> None:
        """Come once, and stay counted as one who came until the run ends."""
        run = Run.of(self.environment)
        person = run.next_resident()
        if person is not None:
            self.chance = nature_of(run.seed, person.number)
            self.character = character_of(person.number, self.chance)
            self.surge, self.who = run, person.resident
            self.browser = self.new_browser()
            gevent.sleep(self.chance.random())
            run.begin(self)
            try:
                ending = self.visit()
            except Ended as ended:
                ending = ended.ending
            except WentWrong as wrong:
                ending = run.wrong(str(wrong))
            self.browser.forget_connection()
            run.end(self, ending)
        Event().wait()

    def visit(self) -> Ending:
        """Go the whole way; return how it ended."""
        self.open("/")
        self.think(Thought.FIRST_PAGE)
        page = self.sign_in()
        if self.character.habit is Habit.SECOND_DEVICE:
            page = self.take_second_device(page)
        page = self.come_in(page)
        if self.character.habit is Habit.LEAVES:
            self.leave()
        return self.book(page)

    # The way in

    def sign_in(self) -> Page:
        """Say who one is; return the page that it leads to."""
        self.sign_ins += 1
        if self.sign_ins > SIGN_INS_MAX:
            raise WentWrong("signed out again and again")
        self.open("/sign-in")
        self.think(Thought.SIGN_IN)
        year, month, day = self.who.birth_date.split("-")
        form = {
            "ticket_number": self.who.ticket_number,
            "birth_year": year,
            "birth_month": month,
            "birth_day": day,
        }
        began_s = time.monotonic()
        page = self.persist(lambda: self.browser.send("/sign-in", form))
        if page.path == "/sign-in":
            raise WentWrong("could not sign in")
        if page.path == "/my-booking":
            raise Ended(Ending.BOOKED_BEFORE)
        self.surge.note("time to place", 1e3 * (time.monotonic() - began_s))
        return page

    def take_second_device(self, first: Page) -> Page:
        """Sign in on another device and go on there: the place must be the same."""
        self.surge.count_habit(self.character.habit)
        self.browser.forget_connection()
        self.browser = self.new_browser()
        second = self.sign_in()
        one, two = pages.waiting_page(first.text), pages.waiting_page(second.text)
        if one and two and (one.arrival, one.place) != (two.arrival, two.place):
            both_known = one.place is not None and two.place is not None
            if one.arrival != two.arrival or both_known:
                raise WentWrong("two devices have two places")
        return second

    def come_in(self, page: Page) -> Page:
        """Wait for one's turn and enter; return the first page inside."""
        if page.path not in TURN_PATHS:
            page = self.wait_in_line(page)
        self.surge.note("wait", 1e3 * self.surge.waited_s(self))
        self.inside_since_s = time.time()
        return page

    def wait_in_line(self, page: Page) -> Page:
        """Wait on the waiting page until it leads in."""
        with self.surge.waiting():
            while page.path == "/wait":
                shown = pages.waiting_page(page.text)
                if shown is None:
                    raise WentWrong("a waiting page that cannot be read")
                if shown.show == "closed":
                    raise Ended(Ending.TOLD_CLOSED)
                if shown.show != "turn":
                    page = self.wait_for_turn(shown)
                    continue
                self.think(Thought.TURN)
                page = self.persist(lambda: self.browser.send("/enter", {}))
                if page.path == "/wait" and pages.waiting_page(page.text) is not None:
                    self.pause(2.0)
        if page.path == "/sign-in":
            return self.come_in(self.sign_in())
        if page.path == "/my-booking":
            raise Ended(Ending.BOOKED_BEFORE)
        return page

    def wait_for_turn(self, shown: pages.WaitingPage) -> Page:
        """Wait until something is to be done; return the waiting page as it then is."""
        raise NotImplementedError

    # Inside

    def book(self, page: Page) -> Ending:
        """Give details, choose, check, send; return how it ended."""
        if page.path == "/details":
            self.think(Thought.DETAILS)
            page = self.inside(lambda: self.browser.send("/details", self.character.contact))
        for _ in range(TRIES_MAX):
            answered = self.choose_and_send(page)
            if answered.path == "/booked":
                return self.booked(answered)
            if answered.path == "/my-booking":
                return Ending.BOOKED_BEFORE
            page = self.inside(lambda: self.browser.page("/choose"))
        return Ending.ALWAYS_TAKEN

    def choose_and_send(self, page: Page) -> Page:
        """Choose a day and a time, look at it once more, send it; return the answer's page."""
        days = pages.days_on_offer(page.text)
        if page.path != "/choose":
            raise WentWrong(f"{page.status} {name_of(page.path)} in place of the days")
        if not days:
            raise Ended(Ending.SOLD_OUT)
        self.think(Thought.DAY)
        day = self.inside(lambda: self.browser.page(days[liked(len(days), self.chance)]))
        slots = pages.slots_on_offer(day.text)
        if not slots:
            return day
        self.think(Thought.TIME)
        slot = slots[liked(len(slots), self.chance)]
        check = self.inside(lambda: self.browser.send("/choose", {"slot": slot}, (409,)))
        form = pages.form_to_send(check.text)
        if check.path != "/check" or not form:
            return check
        self.think(Thought.CHECK)
        began_s = time.monotonic()
        answered = self.send_request(form)
        self.surge.note("booking", 1e3 * (time.monotonic() - began_s))
        return answered

    def send_request(self, form: dict[str, str]) -> Page:
        """Send the request, in the person's own way, until it is decided."""
        first_click = None
        if self.character.habit is Habit.DOUBLE_CLICK:
            first_click = self.click_before(form)
        if self.character.habit is Habit.LOST_CONNECTION:
            self.lose_connection(form)
        page = self.inside(lambda: self.browser.send("/check", form, (409,)))
        deadline_s = time.monotonic() + FAULT_WAIT_S_MAX
        while page.path.startswith("/checking/") and page.status == HTTPStatus.OK:
            if time.monotonic() > deadline_s:
                raise WentWrong("a request that stays undecided")
            self.pause(3.0)
            path = page.path
            page = self.inside(lambda path=path: self.browser.page(path, (409,)))  # type: ignore[misc]
        if first_click is not None:
            self.compare_clicks(first_click, page)
        return page

    def click_before(self, form: dict[str, str]) -> gevent.Greenlet:
        """Send the same form from the same browser a moment earlier."""
        self.surge.count_habit(self.character.habit)
        window = self.browser.second_window()
        return gevent.spawn(window.send_only, "/check", form, (409,))

    def compare_clicks(self, first_click: gevent.Greenlet, page: Page) -> None:
        """Raise `WentWrong` if one click was told "booked" and the other one was refused."""
        first_click.join(FAULT_WAIT_S_MAX)
        if not first_click.successful():
            return
        first, leads_to = first_click.value
        was_booked, is_booked = leads_to == "/booked", page.path == "/booked"
        if (was_booked and page.status == HTTPStatus.CONFLICT) or (
            is_booked and first.status == HTTPStatus.CONFLICT
        ):
            raise WentWrong("two answers to a double click")

    def lose_connection(self, form: dict[str, str]) -> None:
        """Send the form and lose the connection before the answer."""
        self.surge.count_habit(self.character.habit)
        window = self.browser.second_window()
        sending = gevent.spawn(window.send_only, "/check", form, (409,))
        gevent.sleep(self.chance.uniform(0.0, 0.05))
        sending.kill()
        window.forget_connection()

    def booked(self, page: Page) -> Ending:
        """Read the number: it must be there."""
        number = pages.booking_number(page.text)
        if not number:
            raise WentWrong("booked, but no number")
        self.surge.note("inside", 1e3 * (time.time() - self.inside_since_s))
        self.surge.note("time to booked", 1e3 * self.surge.waited_s(self))
        self.surge.keep_number(number)
        return Ending.BOOKED

    # What everything above is made of

    def new_browser(self) -> Browser:
        """Take another device in hand."""
        notes = self.environment.events.request
        return Browser(self.environment.host or "", notes, self.character.language)

    def open(self, path: str) -> Page:
        """Open a page that anybody may see."""
        return self.persist(lambda: self.browser.page(path))

    def inside(self, call: Callable[[], Page]) -> Page:
        """Make a call that needs a session; without one, sign in, come in, and call again."""
        while True:
            page = self.persist(call)
            if page.path not in ("/sign-in", "/wait"):
                return page
            self.come_in(self.sign_in() if page.path == "/sign-in" else page)

    def persist(self, call: Callable[[], Page]) -> Page:
        """Make a call, again and again while the fault is one that passes."""
        deadline_s = time.monotonic() + FAULT_WAIT_S_MAX
        page = call()
        while page.passes:
            if time.monotonic() > deadline_s:
                raise WentWrong(f"a fault that lasts: {page.status}")
            self.pause(page.retry_after_s or 1.0)
            page = call()
        if page.status not in (HTTPStatus.OK, HTTPStatus.CONFLICT):
            raise WentWrong(f"{page.status} {page.path}")
        return page

    def think(self, thought: Thought) -> None:
        """Read, type, waver."""
        self.pause(thinks_s(thought, self.surge.pace, self.chance))

    def pause(self, seconds: float) -> None:
        """Let time pass; a connection that is idle for long is closed."""
        if seconds > KEPT_OPEN_S:
            self.browser.forget_connection()
        gevent.sleep(seconds)

    def leave(self) -> None:
        """Go away without a booking, in the middle of it all."""
        self.surge.count_habit(self.character.habit)
        self.think(Thought.DETAILS)
        raise Ended(Ending.LEFT)

    def give_up(self, outlook: str) -> None:
        """Go home because the page says that it is of no use; sleep over it first."""
        self.think(Thought.GIVING_UP)
        raise Ended(Ending.TOLD_NONE_LEFT if outlook == "none" else Ending.TOLD_UNLIKELY)


class ScriptResident(Resident):
    """Somebody whose browser runs the waiting page's script, as nearly all do."""

    weight = 49

    def wait_for_turn(self, shown: pages.WaitingPage) -> Page:
        """Ask for the public document as the script does; open the page when it is one's turn."""
        place, was_lobby = shown.place, shown.place is None
        self.pause(min(2.0, shown.refresh_s))
        while True:
            document = self.browser.status(shown.release_id)
            if document is None:
                self.pause(shown.refresh_s * (1 + self.chance.random()))
                continue
            status = pages.Status(document)
            if was_lobby and place is None and status.state == "open":
                place = self.place_of(shown, status)
                if place is None:
                    return self.check_place(None)
            if status.state == "closed":
                raise Ended(Ending.TOLD_CLOSED)
            if place is not None and status.state == "open" and place <= status.serving:
                return self.check_place(place if was_lobby else None)
            self.lose_heart(status, place)
            self.ask_later(status, place)

    def place_of(self, shown: pages.WaitingPage, status: pages.Status) -> int | None:
        """Return the place that the published draw gives; None: ask the server."""
        draw = status.document["draw"]
        if shown.arrival is None:
            return None
        if draw.get("mode"):
            return shown.arrival + 1
        if not draw.get("shuffle_seed"):
            return None
        return drawn_place(shown.arrival, draw["lobby_count"], bytes.fromhex(draw["shuffle_seed"]))

    def check_place(self, computed: int | None) -> Page:
        """Open the waiting page; its place must be the one that was computed."""
        page = self.open("/wait")
        shown = pages.waiting_page(page.text)
        if computed is not None and shown is not None and shown.place not in (None, computed):
            raise WentWrong("another place than the draw gives")
        return page

    def lose_heart(self, status: pages.Status, place: int | None) -> None:
        """Go home when nothing is left, or, for some, when it is said to be unlikely."""
        if status.state != "open" or place is None:
            return
        outlook = status.outlook(place)
        self.surge.note_outlook(self, outlook)
        if status.pairs_left == 0:
            self.give_up("none")
        if outlook == "unlikely" and self.chance.random() < self.surge.loses_heart:
            self.give_up(outlook)

    def ask_later(self, status: pages.Status, place: int | None) -> None:
        """Wait as long as the poll table says, with a random part; sooner when something begins."""
        ahead = None if place is None else max(0, place - status.serving)
        seconds = status.ask_after_s(ahead) * (1 + JITTER * self.chance.random())
        begins_in_s = status.begins_in_s()
        if begins_in_s is not None:
            seconds = min(seconds, begins_in_s + 1 + status.spread_s * self.chance.random())
        self.pause(seconds)


class NoScriptResident(Resident):
    """Somebody whose browser runs no script: the waiting page loads itself again.

    One in fifty: the Government Digital Service counted 1.1 % on GOV.UK in 2013.
    """

    weight = 1

    def wait_for_turn(self, shown: pages.WaitingPage) -> Page:
        """Open the page again after the time that it names itself."""
        self.surge.note_outlook(self, shown.outlook)
        if shown.outlook == "unlikely" and self.surge.is_sold_out():
            self.give_up("none")
        self.pause(shown.refresh_s)
        return self.open("/wait")
