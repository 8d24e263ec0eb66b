"""The maturity assessment: a questionnaire that scores a team to a stage and re-sorts the directory.

It may import `directory`; `directory` never imports it.
"""
