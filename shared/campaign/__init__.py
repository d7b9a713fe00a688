"""The definition of a campaign: what another campaign changes without a change of code.

``load_campaign(folder)`` gives a ``Campaign``; ``check(folder)`` lists what is wrong with one, by file and
line; ``validate_answers(questionnaire, answers)`` checks a submission's answers.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
