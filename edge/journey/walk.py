"""The journey of a new learner, from registering to the certificate, as the story it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edge.journey.browser import Browser, JourneyError, require, wait
from edge.journey.guesses import Guesses
from edge.journey.inbox import Inbox, Mail, Outbox
from edge.journey.signing_up import MESSAGE_SECONDS, WAYS, Learner, SigningUp
from edge.journey.steps import Steps
from services.gateway.importing.wording import counted

PASS_SECONDS = 10.0
CERTIFICATE_SECONDS = 15.0
SIGN_OUT_SECONDS = 2.0
# Enough for any set of 8 options; a quiz that takes more is not found out by trying.
MAX_SUBMISSIONS = 256
PDF_START = b"%PDF-"
PHONE = "phone"


@dataclass
class Journey:
    """One walk, at the stack whose state directory is `state`; messages come to `inbox`, or to its
    outbox."""

    browser: Browser
    state: Path
    course: str
    output: Path
    steps: Steps
    login: str = "email"
    inbox: Inbox | None = None
    learner: Learner = field(default_factory=Learner)
    lessons: list[dict[str, Any]] = field(default_factory=list)
    session: dict[str, Any] = field(default_factory=dict)

    def walk(self) -> None:
        """Walk from the first step to the last. JourneyError names the step that failed."""
        self.sign_up()
        self.choose()
        for lesson in self.lessons:
            self.study(lesson)
        for lesson in self.lessons:
            if lesson["hasQuiz"]:
                self.pass_quiz(lesson)
        self.complete()
        self.earn_certificate()
        if self.login != PHONE:
            self.look_for_welcome()
        self.sign_out()

    # Signing up

    def sign_up(self) -> None:
        """Sign up in the way that was chosen, and see the own profile."""
        way = WAYS[self.login]
        self._take(way(SigningUp(self.browser, self.state, self._inbox, self.learner, self.steps)))
        with self.steps.step("read the profile") as step:
            profile = self.browser.get("/me")
            proven = "phone" if self.login == PHONE else "email"
            own = getattr(self.learner, proven)
            require(profile[proven] == own, "the profile is somebody else's")
            step.says(profile["displayName"])

    def _take(self, session: dict[str, Any]) -> None:
        self.session = session
        self.browser.token = session["accessToken"]

    # Learning

    def choose(self) -> None:
        """Look at the catalogue, read a course's outline, and enroll."""
        with self.steps.step("browse the catalogue") as step:
            step.says(f"{self.browser.get('/courses')['totalSize']} published")
        with self.steps.step("read the outline") as step:
            course = self.browser.get(f"/courses/{self.course}")
            self.lessons = [each for part in course["sections"] for each in part["lessons"]]
            require(self.lessons, "the course has no lessons")
            step.says(f'"{course["title"]}", {counted(len(self.lessons), "lesson")}')
        with self.steps.step("enroll") as step:
            state = self.browser.post(f"/courses/{self.course}/enroll")["state"]
            require(state == "STATE_ACTIVE", f"the enrollment is {state}")
            step.says("enrolled")

    def study(self, lesson: dict[str, Any]) -> None:
        """Read a lesson and its documents, and mark it completed."""
        lesson_id = lesson["lessonId"]
        with self.steps.step(f"lesson {lesson['position']}") as step:
            text = self.browser.get(f"/lessons/{lesson_id}")
            media = self.browser.get(f"/media/lesson/{lesson_id}")
            for pdf in media["pdfs"]:
                self._read_pdf(pdf)
            body = {"lessonId": lesson_id}
            progress = self.browser.post("/progress/mark-complete", body)
            found = [f'"{text["title"]}"']
            for kind, noun in (("videos", "video"), ("pdfs", "PDF")):
                found += [counted(len(media[kind]), noun)] if media[kind] else []
            step.says(f"{', '.join(found)}: {progress['percentage']} %")

    def _read_pdf(self, pdf: dict[str, Any]) -> None:
        content = self.browser.fetch(pdf["url"])
        require(content.startswith(PDF_START), f'"{pdf["title"]}" is not a PDF')
        require(len(content) == pdf["sizeBytes"], f'"{pdf["title"]}" is not whole')

    def pass_quiz(self, lesson: dict[str, Any]) -> None:
        """Try until the quiz is passed, learning from each result."""
        path = f"/quiz/{lesson['lessonId']}"
        with self.steps.step(f"quiz {lesson['position']}") as step:
            quiz = self.browser.get(path)
            guesses = Guesses(quiz["questions"])
            for tries in range(1, MAX_SUBMISSIONS + 1):
                result = self.browser.post(f"{path}/submit", self._attempt(quiz, guesses))
                if result["passed"]:
                    count = counted(len(result["questionResults"]), "question")
                    step.says(f"{count}: {result['percentage']:g} % at try {tries}")
                    return
                if not guesses.learn(result["questionResults"]):
                    break
            raise JourneyError(f"not passed by trying: {result['percentage']:g} % at the end")

    def _attempt(self, quiz: dict[str, Any], guesses: Guesses) -> dict[str, Any]:
        """What to submit; of a quiz that is timed or drawn an attempt is started before."""
        if quiz["questions"] and not quiz["timeLimitSeconds"]:
            return {"answers": guesses.answers()}
        started = self.browser.post(f"/quiz/{quiz['lessonId']}/start")
        guesses.see(started["questions"])
        answers = guesses.answers(started["questions"])
        return {"attemptId": started["attemptId"], "answers": answers}

    def complete(self) -> None:
        """See that the course is completed."""
        with self.steps.step("complete the course") as step:
            progress = wait(PASS_SECONDS, "the completion", self._completed)
            require(progress["percentage"] == 100, f"at {progress['percentage']} %")  # noqa: PLR2004
            lessons, quizzes = progress["completedLessons"], progress["quizzesPassed"]
            step.says(f"100 %: {counted(lessons, 'lesson')}, {quizzes} quizzes passed")

    def _completed(self) -> Any:
        progress = self.browser.get(f"/progress/me/courses/{self.course}")
        return progress if progress["completed"] else None

    # The certificate

    def earn_certificate(self) -> None:
        """Wait for the certificate, download it, and have it verified by anyone."""
        with self.steps.step("receive the certificate") as step:
            certificate = wait(CERTIFICATE_SECONDS, "the certificate", self._certificate)
            require(certificate["learnerName"] == self.learner.name, "it is somebody else's")
            step.says(certificate["serial"])
        with self.steps.step("download it") as step:
            pdf = self.browser.download(f"/certificate/{self.course}/download", "application/pdf")
            require(pdf.startswith(PDF_START), "what came is not a PDF")
            self.output.write_bytes(pdf)
            step.says(f"{self.output} ({len(pdf):,} bytes)")
        with self.steps.step("verify it in public") as step:
            self._verify(certificate)
            step.says(certificate["verifyUrl"])

    def _certificate(self) -> Any:
        return self.browser.get(f"/certificate/{self.course}").get("certificate")

    def _verify(self, certificate: dict[str, Any]) -> None:
        token, self.browser.token = self.browser.token, ""
        found = self.browser.get(f"/certificates/{certificate['serial']}")
        self.browser.download(f"/verify/{certificate['serial']}", "text/html")
        self.browser.token = token
        require(found["valid"], "the academy does not stand by it")
        require(found["learnerName"] == self.learner.name, "it names somebody else")

    # Leaving

    def look_for_welcome(self) -> None:
        """See that the welcome mail came, and came once."""
        with self.steps.step("be welcomed once") as step:
            welcomes = wait(MESSAGE_SECONDS, "the welcome mail", self._welcomes)
            require(len(welcomes) == 1, f"{len(welcomes)} welcome mails came")
            step.says(f'mail "{welcomes[0].subject}"')

    def _welcomes(self) -> list[Mail]:
        return [
            mail for mail in self._inbox.mails_to(self.learner.email) if "Welcome" in mail.subject
        ]

    @property
    def _inbox(self) -> Inbox:
        return self.inbox or Outbox(self.state / "outbox")

    def sign_out(self) -> None:
        """Refresh the session, log out, and see that the token is worth nothing."""
        with self.steps.step("refresh the session") as step:
            refresh = {"refreshToken": self.session["refreshToken"]}
            self._take(self.browser.post("/token/refresh", refresh))
            self.browser.get("/me")
            step.says("new tokens")
        with self.steps.step("log out") as step:
            self.browser.post("/logout")
            step.says("signed out")
        with self.steps.step("be refused from now on") as step:
            wait(SIGN_OUT_SECONDS, "the end of the session", lambda: self.browser.refused("/me"))
            step.says("401 for the token from before")
