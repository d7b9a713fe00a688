"""Everything HTTP that services share: the app factory, errors, limits, health, and serving."""

from shared.http.app import App, create_app
from shared.http.bodies import LimitedBody
from shared.http.boundary import request_id_of
from shared.http.direct import DirectRoute
from shared.http.document import json_body
from shared.http.faces import Face
from shared.http.principal import CurrentPrincipal, principal_of
from shared.http.problems import problem_fields
from shared.http.service import BooksBody, Service
from shared.http.serving import CantListen, check_free, run
from shared.http.streams import EventStream, Source
from shared.http.validation import body_of, invalid_from

__all__ = [
    "App",
    "BooksBody",
    "CantListen",
    "CurrentPrincipal",
    "DirectRoute",
    "EventStream",
    "Face",
    "LimitedBody",
    "Service",
    "Source",
    "body_of",
    "check_free",
    "create_app",
    "invalid_from",
    "json_body",
    "principal_of",
    "problem_fields",
    "request_id_of",
    "run",
]
