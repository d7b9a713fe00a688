"""The names of events that some readers know without the models of their data: the models are slow to import."""

SUBMISSION_RECEIVED = "dafangtan.submission.received.v1"
SUBMISSION_AMENDED = "dafangtan.submission.amended.v1"
SUBMISSION_WITHDRAWN = "dafangtan.submission.withdrawn.v1"
SUBMISSION_SIGNED_OFF = "dafangtan.submission.signed-off.v1"
