"""The academy as a learner sees it: REST calls with the learner's own token, and no more power."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from edge.assistants.door import Answer, Door
from edge.assistants.errors import AcademyError
from edge.assistants.sessions import UNAUTHENTICATED, Session

Shape = TypeVar("Shape", bound=BaseModel)


class Academy:
    """Calls the REST API. Each method raises AcademyError with what the academy says against it."""

    def __init__(self, door: Door, session: Session) -> None:
        self.url = door.url
        self._door = door
        self._session = session

    def get(self, shape: type[Shape], path: str, **query: Any) -> Shape:
        """GET: the answer in its shape. What is empty is left out of the query."""
        asked = {name: value for name, value in query.items() if value}
        return self._parse(shape, self._send("GET", path, query=asked))

    def post(self, shape: type[Shape], path: str, body: Mapping[str, Any] | None = None) -> Shape:
        """POST a JSON body, once however often it has to be sent: the answer in its shape."""
        key = str(uuid.uuid4())
        return self._parse(shape, self._send("POST", path, body=body or {}, key=key))

    def _send(self, method: str, path: str, **request: Any) -> Answer:
        token = self._session.token()
        answer = self._door.send(method, path, token=token, **request)
        if answer.status == UNAUTHENTICATED and token:
            other = self._session.renew(token)
            if other:
                answer = self._door.send(method, path, token=other, **request)
        if answer.ok:
            return answer
        advice = f"\n{self._session.advice()}" if answer.status == UNAUTHENTICATED else ""
        raise AcademyError(answer.refusal + advice)

    def _parse(self, shape: type[Shape], answer: Answer) -> Shape:
        try:
            return shape.model_validate_json(answer.body)
        except ValidationError as error:
            fields = ", ".join(sorted({".".join(map(str, e["loc"])) for e in error.errors()}))
            raise AcademyError(f"The academy's answer is not understood here: {fields}.") from error
